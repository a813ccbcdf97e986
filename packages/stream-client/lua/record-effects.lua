#!lua flags=allow-oom
-- record-effects (format 1): writes what is known of effects into the records of their events, each only while the caller
-- holds the entry: that one is about to be sent, so that whoever holds the entry after a crash knows that it may have
-- happened; or that it was answered, so that the answer is there for the next holder.
--
-- A caller that holds an entry for the first time believes that nothing was ever begun for it. Where the group was
-- destroyed, the stream is read again from its beginning, and that is not so: then no start is recorded, and the caller
-- has to look at the record first.
--
-- KEYS[1] events stream   KEYS[2..] record, one per effect
-- ARGV[1] group   ARGV[2] consumer
-- ARGV[3..] per effect: entry id, delivery count, route, step path, the effect as JSON, 1 if it is a start and the entry is
--   held for the first time
--
-- Replies one word per effect, in order: recorded, not-owned, known
--
-- include: record

local events, group, consumer = KEYS[1], ARGV[1], ARGV[2]
local time = redis.call('TIME')
local now = string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000))
local replies = {}

for n = 2, #KEYS do
  local at = 3 + (n - 2) * 6
  local id, count, route, step, effect = ARGV[at], ARGV[at + 1], ARGV[at + 2], ARGV[at + 3], ARGV[at + 4]
  local is_first = ARGV[at + 5] == '1'
  local field = 'effect:' .. route .. ':' .. step
  local pending = redis.call('XPENDING', events, group, id, id, 1)[1]
  spell_out(KEYS[n])
  local state = redis.call('HGET', KEYS[n], 'state:' .. route)
  local attempts, starts = string.match(state or 'waiting 0 0', '^%S+ (%d+) (%d+)')
  if not pending or pending[2] ~= consumer or tostring(pending[4]) ~= count then
    replies[n - 1] = 'not-owned'
  elseif is_first and (tonumber(attempts) > 0 or redis.call('HEXISTS', KEYS[n], field) == 1) then
    replies[n - 1] = 'known'
  else
    redis.call('HSET', KEYS[n], field, effect, 'state:' .. route,
      table.concat({ 'running', attempts, starts, now, '' }, ' '))
    replies[n - 1] = 'recorded'
  end
end

return replies
