#!lua flags=allow-oom
-- release (format 1): gives entries back unfinished, so that another consumer may claim them at once instead of after
-- the idle time. The start is not counted against them. Entries that the caller no longer holds are left alone.
--
-- KEYS[1] events stream
-- ARGV[1] group   ARGV[2] consumer   ARGV[3] idle time to give them, ms   ARGV[4..] per entry: id, delivery count
--
-- Replies how many were given back.

local events, group, consumer, idle = KEYS[1], ARGV[1], ARGV[2], ARGV[3]
local released = 0

for at = 4, #ARGV, 2 do
  local id, count = ARGV[at], ARGV[at + 1]
  local pending = redis.call('XPENDING', events, group, id, id, 1)[1]
  if pending and pending[2] == consumer and tostring(pending[4]) == count then
    redis.call('XCLAIM', events, group, consumer, 0, id, 'IDLE', idle, 'RETRYCOUNT', count - 1, 'JUSTID')
    released = released + 1
  end
end

return released
