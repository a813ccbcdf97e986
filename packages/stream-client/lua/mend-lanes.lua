#!lua flags=allow-oom
-- mend-lanes (format 1): takes out of the front of lanes what will never leave by itself, and wakes what comes after it: a
-- delivery that came to its end while a consumer's routes file said that it was not in order, or one whose entry is lost.
-- A lane in order is left as it is, so running it again changes nothing. A thousand at most are taken out, so that Redis is
-- not held up.
--
-- KEYS[1] events stream   KEYS[2] counters hash   KEYS[3] set of lanes   KEYS[4] queued   KEYS[5] due   KEYS[6] parked
-- KEYS[7..] lane
-- ARGV[1] front of the record keys   ARGV[2] group
--
-- Replies how many deliveries were taken out.
--
-- include: lanes

local events, due, parked, record_front, group = KEYS[1], KEYS[5], KEYS[6], ARGV[1], ARGV[2]
local at = { events = events, counters = KEYS[2], lanes = KEYS[3], queued = KEYS[4], records = record_front }

-- Whether a delivery that is open waits nowhere, and the entry that it had last has vanished, or was settled without it.
local function is_lost(ref, route, attempts, turn, put_back, is_new, is_settled)
  local member = ref .. ' ' .. route
  if redis.call('ZSCORE', at.queued, member) or redis.call('ZSCORE', due, member) or redis.call('ZSCORE', parked, member) then
    return false
  end
  local is_first_entry = not turn and tonumber(attempts) == 0
  local id = put_back or (is_first_entry and string.match(ref, '^%d+%-(%d+%-%d+)$'))
  if not id or #redis.call('XPENDING', events, group, id, id, 1) > 0 then return false end
  -- Acknowledged, and this route was none of those that it was settled for.
  if is_new and is_settled then return true end
  return #redis.call('XRANGE', events, id, id) == 0
end

local function is_over(lane, ref, route)
  local record = record_front .. ref
  spell_out(record)
  local known = redis.call('HMGET', record, 'lane:' .. route, 'state:' .. route, 'turn:' .. route, 'finished',
    'put-back:' .. route, 'put-back:*', 'open')
  if known[1] ~= lane then return true end
  local state, attempts = string.match(known[2] or 'new 0', '^(%S+) (%d+)')
  if state == 'done' or state == 'expired' or state == 'moved' then return true end
  if state == 'dead' then return known[3] ~= 'stopped' end
  -- Settled without this route.
  if state == 'new' and known[4] then return true end
  return is_lost(ref, route, attempts, known[3], known[5] or known[6], state == 'new', known[7])
end

local taken, most = 0, 1000
for n = 7, #KEYS do
  local lane = KEYS[n]
  local member = redis.call('LINDEX', lane, 0)
  while member and taken < most do
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
