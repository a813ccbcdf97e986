#!lua flags=allow-oom
-- earlier-lane (format 1): tells whether anything from before the fence of a partition stands in a lane, or is still to join
-- it. Nothing joins it from before the fence once this was said to be over, and what says so is as durable as a write.
--
-- The key of a route may be at home elsewhere than its events: then what came in behind the fence passes through the lane as well,
-- and what has left it may be in the outbox still. Asked for such a key, this looks at what is from before alone, in both.
--
-- KEYS[1] events stream   KEYS[2] counters hash   KEYS[3] lane   KEYS[4] outbox stream
-- ARGV[1] group   ARGV[2] epoch of the map by which the caller asks: by then the partition was fenced
-- ARGV[3] route   ARGV[4] place of its key, empty where deliveries stay where their events are
-- ARGV[5] entry of the outbox after which to look   ARGV[6] entries that are looked at, at most   ARGV[7] bytes
--
-- Replies {over}, {left}, {unfilled, the entry up to which lanes are to be filled before it can be told}, or {more, the entry of the
-- outbox after which to go on}: up to there nothing is of the key. What leaves the lane meanwhile comes behind that, since the outbox
-- grows at its end alone; and all else is looked at again each time.
--
-- include: before-fence
-- include: write-anew

local events, counters, lane, outbox = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local group, epoch, route, place = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local after, most, most_bytes = ARGV[5], tonumber(ARGV[6]), tonumber(ARGV[7])

local known = redis.call('HMGET', counters, 'epoch', 'fence', 'fence-seq', 'lanes-filled')
local fence, fenced_seq, filled = known[2], tonumber(known[3]), known[4] or '0-0'
-- A Redis that took the place of another may have lost the fence: what is from before cannot be told then.
if not fence or tonumber(known[1]) < tonumber(epoch) then return { 'left' } end

-- What never left the lane stands in the order of the stream: before what came in behind the fence.
local first = redis.call('LINDEX', lane, 0)
if first and (place == '' or is_before_fence(first, fence, fenced_seq)) then return { 'left' } end

local function look_for_departing()
  local looked, bytes = 0, 0
  while looked < most and bytes < most_bytes do
    local entries = redis.call('XRANGE', outbox, '(' .. after, '+', 'COUNT', 16)
    for _, entry in ipairs(entries) do
      after = entry[1]
      local of, at = entry[2][2], entry[2][6]
      if at == place and string.match(of, '^%S+ (.+)$') == route and is_before_fence(of, fence, fenced_seq) then return { 'left' } end
      for _, field in ipairs(entry[2]) do
        bytes = bytes + #field
      end
    end
    looked = looked + #entries
    if #entries < 16 then return { 'over' } end
  end
  return { 'more', after }
end

if redis.call('EXISTS', events) == 0 or has_unread(events, group, fence) then return { 'left' } end
local oldest = redis.call('XPENDING', events, group)[2]
if oldest and not is_after(oldest, fence) and is_after(fence, filled) then return { 'unfilled', fence } end
local reply = place == '' and { 'over' } or look_for_departing()
-- What is not left is said for good: also that nothing lay in what was looked at.
if reply[1] ~= 'left' then write_anew(counters) end
return reply
