#!lua flags=allow-oom
-- mend-lanes (format 1): takes out of the front of lanes what will never leave by itself, and wakes what comes after it: a
-- delivery that came to its end while a consumer's routes file said that it was not in order, or one whose entry is lost.
-- A lane in order is left as it is, so running it again changes nothing.
--
-- KEYS[1] events stream   KEYS[2] counters hash   KEYS[3] set of lanes   KEYS[4] queued   KEYS[5..] lane
-- ARGV[1] front of the record keys
--
-- Replies how many deliveries were taken out.
--
-- include: lanes

local events, record_front = KEYS[1], ARGV[1]
local at = { events = events, counters = KEYS[2], lanes = KEYS[3], queued = KEYS[4], records = record_front }

local function is_over(lane, ref, route)
  local record = record_front .. ref
  local known = redis.call('HMGET', record, 'lane:' .. route, 'state:' .. route, 'turn:' .. route, 'finished', 'copied')
  if known[1] ~= lane then return true end
  local state = string.match(known[2] or '', '^%S+')
  if state == 'done' or state == 'expired' then return true end
  if state == 'dead' then return known[3] ~= 'stopped' end
  if state then return false end
  if known[4] then return true end
  -- Nothing has become of it yet: then it is its entry, or nothing.
  local id = string.match(ref, '^%d+%-(%d+%-%d+)$')
  return not known[5] and #redis.call('XRANGE', events, id, id) == 0
end

local taken = 0
for n = 5, #KEYS do
  local lane = KEYS[n]
  local member = redis.call('LINDEX', lane, 0)
  while member do
    local ref, route = string.match(member, '^(%S+) (.+)$')
    if not is_over(lane, ref, route) then break end
    redis.call('LREM', lane, 1, member)
    if redis.call('HGET', record_front .. ref, 'lane:' .. route) == lane then
      redis.call('HDEL', record_front .. ref, 'lane:' .. route)
    end
    taken = taken + 1
    member = redis.call('LINDEX', lane, 0)
  end
  wake_first(at, lane)
end
return taken
