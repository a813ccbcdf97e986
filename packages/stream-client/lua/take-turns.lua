#!lua flags=allow-oom
-- take-turns (format 1): gives out places in the line of calls to one server, so that all processes together keep to its
-- rate (the generic cell rate algorithm). A place further off than the caller would wait is not taken.
--
-- KEYS[1] line: when the next call may go out if nobody bursts, in us
-- ARGV[1] time between two calls, in us   ARGV[2] calls that may go out at once   ARGV[3] longest wait, in us
-- ARGV[4] places wanted
--
-- Replies how many places were given, in how many us the first of them is due, less than 0 within a burst, and in how
-- many us there is another.

local line, interval = KEYS[1], tonumber(ARGV[1])
local burst, longest, wanted = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local free_at = math.max(tonumber(redis.call('GET', line) or 0), now)

-- A burst is the right to go out before one's time.
local wait = free_at - now - interval * (burst - 1)
local first = wait
local given = 0
while given < wanted and wait <= longest do
  given = given + 1
  free_at = free_at + interval
  wait = wait + interval
end
if given > 0 then
  local left_ms = math.ceil((free_at - now) / 1000)
  redis.call('SET', line, string.format('%.0f', free_at), 'PX', left_ms)
end
return { given, math.ceil(first), math.ceil(math.max(wait, 0)) }
