#!lua flags=allow-oom
-- rebase-idle (format 1): after Redis' clock was set back, entries that were touched before seem to be touched in the
-- future, and nobody could claim them until the clock gets there. Their idle time counts from now on. What was touched
-- this very moment looks the same, and is left as good as it was.
--
-- KEYS[1] events stream
-- ARGV[1] group   ARGV[2] id to begin at, - for the first   ARGV[3] most entries to look at
--
-- Replies the id to go on from, "(" before it, or an empty string when there are no more.

local events, group = KEYS[1], ARGV[1]
local page = redis.call('XPENDING', events, group, ARGV[2], '+', ARGV[3])
for _, pending in ipairs(page) do
  local id, consumer, idle, starts = pending[1], pending[2], pending[3], pending[4]
  -- Claiming an entry whose body is gone would drop it without a word; the sweep is to find and report it.
  if idle <= 0 and #redis.call('XRANGE', events, id, id) > 0 then
    redis.call('XCLAIM', events, group, consumer, 0, id, 'IDLE', 0, 'RETRYCOUNT', starts, 'JUSTID')
  end
end
if #page < tonumber(ARGV[3]) then return '' end
return '(' .. page[#page][1]
