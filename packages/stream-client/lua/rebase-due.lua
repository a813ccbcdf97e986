#!lua flags=allow-oom
-- rebase-due (format 1): after Redis' clock was set back, retries that were put off before would wait until it gets there.
-- What was settled in the future waits for its delay from now on. A time that somebody named stays as it is: it is the
-- clock that has to get there. Running it again changes nothing more.
--
-- KEYS[1] due, sorted by ms   KEYS[2..] record, one per member
-- ARGV per member: "REF ROUTE"
--
-- Replies how many were changed.
--
-- include: record

local due, changed = KEYS[1], 0
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

for n, member in ipairs(ARGV) do
  local field = 'state:' .. string.match(member, '^%S+ (.+)$')
  spell_out(KEYS[n + 1])
  local stored = redis.call('HGET', KEYS[n + 1], field)
  local attempts, starts, at, next_at = string.match(stored or '', '^retrying (%d+) (%d+) (%d+) (%d+)$')
  if at and tonumber(at) > now and redis.call('ZSCORE', due, member) then
    local next_time = string.format('%.0f', now + next_at - at)
    redis.call('ZADD', due, next_time, member)
    redis.call('HSET', KEYS[n + 1], field,
      table.concat({ 'retrying', attempts, starts, string.format('%.0f', now), next_time }, ' '))
    changed = changed + 1
  end
end

return changed
