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
-- ARGV[1] group   ARGV[2] consumer   ARGV[3] lowest entry id   ARGV[4] highest entry id
-- ARGV[5..] per effect: entry id, delivery count, route, step path, the effect as JSON, 1 if it is a start and the entry is
--   held for the first time
--
-- Replies one word per effect, in order: recorded, not-owned, known
--
-- include: record

local events, group, consumer = KEYS[1], ARGV[1], ARGV[2]
local time = redis.call('TIME')
local now = string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000))
local replies = {}

local held = {}
for _, pending in ipairs(redis.call('XPENDING', events, group, ARGV[3], ARGV[4], 100000, consumer)) do
  held[pending[1]] = tostring(pending[4])
end

local function record_in_full(record, route, step, effect, is_first)
  spell_out(record)
  local field = 'effect:' .. route .. ':' .. step
  local state = redis.call('HGET', record, 'state:' .. route)
  local attempts, starts = string.match(state or 'waiting 0 0', '^%S+ (%d+) (%d+)')
  if is_first and (tonumber(attempts) > 0 or redis.call('HEXISTS', record, field) == 1) then return 'known' end
  redis.call('HSET', record, field, effect, 'state:' .. route,
    table.concat({ 'running', attempts, starts, now, '' }, ' '))
  return 'recorded'
end

for n = 2, #KEYS do
  local at = 5 + (n - 2) * 6
  local id, count, route, step, effect = ARGV[at], ARGV[at + 1], ARGV[at + 2], ARGV[at + 3], ARGV[at + 4]
  local is_first = ARGV[at + 5] == '1'
  if held[id] ~= count then
    replies[n - 1] = 'not-owned'
  elseif is_first and begin_in_short(KEYS[n], now, route, step, effect) then
    replies[n - 1] = 'recorded'
  else
    replies[n - 1] = record_in_full(KEYS[n], route, step, effect, is_first)
  end
end

return replies
