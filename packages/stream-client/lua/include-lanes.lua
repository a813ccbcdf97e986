-- A lane is a list of deliveries, "REF ROUTE" each, of which only the first may go out. In which one a delivery stands, its
-- record says: `lane:<route>`, the name of the key. One that has to wait is in the set of the queued, with its own copy of the
-- event. `turn:<route>` says what the lane has taken over: `queued`; `woken`, put back into the stream since; `stopped`, dead
-- and holding the lane. `put-back:<route>` is the id of the entry as which a delivery was put back into the stream last.
--
-- `at` has the keys that all of this happens at: events, counters, lanes, queued, and the front of the record keys.
--
-- include: put-back
-- include: record

-- Puts a queued delivery back into the stream, as an entry of its own. One that has an entry, or waits for a time or an
-- answer, comes by itself. Returns false for one that does not stand in this lane, or is gone.
local function wake_delivery(at, lane, member)
  local ref, route = string.match(member, '^(%S+) (.+)$')
  local record = at.records .. ref
  spell_out(record)
  local copy = redis.call('HMGET', record, 'entry:format', 'entry:seq', 'entry:kind', 'entry:event', 'entry:data',
    'state:' .. route, 'redriven:' .. route, 'unsent:' .. route, 'lane:' .. route)
  local is_here = copy[9] == lane
  if is_here and not redis.call('ZSCORE', at.queued, member) then return true end
  local was_queued = redis.call('ZREM', at.queued, member) == 1
  if not (is_here and copy[1] and copy[2] and copy[3] and copy[4] and copy[5] and copy[6]) then
    if was_queued then redis.call('HINCRBY', at.counters, 'backlog', -1) end
    return false
  end
  local attempts = string.match(copy[6], '^%S+ (%d+)')
  local id = redis.call('XADD', at.events, '*', 'format', copy[1], 'seq', copy[2], 'kind', copy[3], 'event', copy[4],
    'data', copy[5], 'ref', ref, 'route', route, 'attempt', attempts + 1, 'redriven', copy[7] or '0',
    'unsent', copy[8] or '0')
  redis.call('HSET', record, 'turn:' .. route, 'woken', 'put-back:' .. route, id)
  note_put_back(at.counters, copy[2], id)
  return true
end

-- Wakes whoever is first in a lane; an empty lane leaves the set of lanes.
local function wake_first(at, lane)
  local member = redis.call('LINDEX', lane, 0)
  while member and not wake_delivery(at, lane, member) do
    redis.call('LREM', lane, 1, member)
    member = redis.call('LINDEX', lane, 0)
  end
  if not member then redis.call('SREM', at.lanes, lane) end
end

-- Takes a delivery out of its lane, if it stands in one; with the first, the next one's turn has come.
local function leave_lane(at, ref, route)
  local record, member = at.records .. ref, ref .. ' ' .. route
  spell_out(record)
  local lane = redis.call('HGET', record, 'lane:' .. route)
  if not lane then return end
  local is_first = redis.call('LINDEX', lane, 0) == member
  redis.call('LREM', lane, 1, member)
  redis.call('HDEL', record, 'lane:' .. route)
  redis.call('ZREM', at.queued, member)
  if redis.call('HEXISTS', record, 'turn:' .. route) == 1 then redis.call('HSET', record, 'turn:' .. route, 'woken') end
  if is_first then wake_first(at, lane) end
end

-- Whether an outcome that would be written keeps or stops a lane in which its delivery does not stand, or leaves one as the first
-- and is not. A Redis that took the place of another may have lost its place; settled without it, it would be passed by those that
-- came after it. Or it may have put back what came before: going on elsewhere now, it would pass that.
local function has_lost_place(record, ref, outcomes)
  for _, outcome in ipairs(outcomes) do
    if outcome.lane == 'keep' or outcome.lane == 'stop' or outcome.lane == 'leave-first' then
      spell_out(record)
      local known = redis.call('HMGET', record, 'lane:' .. outcome.route, 'state:' .. outcome.route)
      local attempts = tonumber(string.match(known[2] or '', '^%S+ (%d+)') or '0')
      local has_place = known[1]
        and (outcome.lane ~= 'leave-first' or redis.call('LINDEX', known[1], 0) == ref .. ' ' .. outcome.route)
      if not has_place and attempts < outcome.attempt then return true end
    end
  end
  return false
end
