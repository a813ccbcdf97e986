#!lua flags=allow-oom
-- earlier-lane (format 1): tells whether anything from before the fence of a partition stands in a lane, or is still to join
-- it. Nothing joins it from before the fence once this was said to be over, and what says so is as durable as a write.
--
-- KEYS[1] events stream   KEYS[2] counters hash   KEYS[3] lane
-- ARGV[1] group
--
-- Replies {over}, {left}, or {unfilled, the entry up to which lanes are to be filled before it can be told}.
--
-- include: reading
-- include: write-anew

local events, counters, lane, group = KEYS[1], KEYS[2], KEYS[3], ARGV[1]

if redis.call('LINDEX', lane, 0) then return { 'left' } end
local known = redis.call('HMGET', counters, 'fence', 'lanes-filled')
local fence, filled = known[1], known[2] or '0-0'
if not fence or redis.call('EXISTS', events) == 0 then return { 'left' } end
if has_unread(events, group, fence) then return { 'left' } end
local oldest = redis.call('XPENDING', events, group)[2]
if oldest and not is_after(oldest, fence) and is_after(fence, filled) then return { 'unfilled', fence } end
write_anew(counters)
return { 'over' }
