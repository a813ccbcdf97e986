#!lua flags=allow-oom
-- enter-lanes (format 1): fills lanes from the stream, in its order, and tells deliveries whether their turn has come. Lanes
-- are filled from where the caller began to read only while nobody has come further: so every entry joins once, in the
-- order of the stream, however many consumers fill them at once and whichever of them dies.
--
-- A delivery that stands in no lane although its entry lies behind joins at the end: one that left its lane at a failure, was
-- redriven, or was passed while its route was not ordered.
--
-- Where the key of a route belongs goes by the map, so whoever asks for such a key says by which one. Once the partition is closed to that
-- map, the key may have its turns in another one: he is refused, and has to read the map again.
--
-- KEYS[1] events stream   KEYS[2] counters hash   KEYS[3] set of lanes
-- KEYS[4..] lane: one per joining delivery, then one per asking delivery
-- ARGV[1] group   ARGV[2] consumer   ARGV[3] front of the record keys
-- ARGV[4] id of the entry after which the caller has read, empty if it has not   ARGV[5] id of the last entry it has read
-- ARGV[6] joining deliveries
-- ARGV[7..] per joining delivery: entry id, ref, route; then per asking delivery: entry id, delivery count, ref, route, 1 if
--   the entry is one that joins from the stream, epoch of the map by which its key belongs here (0: it does by any)
--
-- Replies the id of the entry up to which lanes are filled, and one word per asking delivery, in order: go; wait; not-owned;
-- unseen, lanes are not filled up to it; outdated, the partition is closed to the map, and it has no turn by it.
--
-- include: record

local events, counters, lanes = KEYS[1], KEYS[2], KEYS[3]
local group, consumer, record_front = ARGV[1], ARGV[2], ARGV[3]
local from, up_to, joining = ARGV[4], ARGV[5], tonumber(ARGV[6])
local next_arg, next_key = 6, 3

local function arg()
  next_arg = next_arg + 1
  return ARGV[next_arg]
end

local function key()
  next_key = next_key + 1
  return KEYS[next_key]
end

local function is_after(a, b)
  local a_ms, a_seq = string.match(a, '^(%d+)-(%d+)$')
  local b_ms, b_seq = string.match(b, '^(%d+)-(%d+)$')
  if tonumber(a_ms) ~= tonumber(b_ms) then return tonumber(a_ms) > tonumber(b_ms) end
  return tonumber(a_seq) > tonumber(b_seq)
end

local function id_before(id)
  local ms, seq = string.match(id, '^(%d+)-(%d+)$')
  if tonumber(seq) > 0 then return ms .. '-' .. string.format('%.0f', seq - 1) end
  return string.format('%.0f', ms - 1) .. '-18446744073709551615'
end

-- What lies before the oldest pending entry is settled: nothing of it is to join.
local function filled_up_to()
  local filled = redis.call('HGET', counters, 'lanes-filled') or '0-0'
  local oldest = redis.call('XPENDING', events, group)[2]
  local settled = oldest and id_before(oldest) or '0-0'
  return is_after(settled, filled) and settled or filled
end

local function join(lane, ref, route)
  local record = record_front .. ref
  spell_out(record)
  local known = redis.call('HMGET', record, 'lane:' .. route, 'state:' .. route)
  -- Settled by a consumer for which the route is not ordered.
  if known[1] or (known[2] and not string.match(known[2], '^running 0 ')) then return end
  redis.call('RPUSH', lane, ref .. ' ' .. route)
  redis.call('HSET', record, 'format', '1', 'lane:' .. route, lane)
  redis.call('SADD', lanes, lane)
end

local fenced_epoch
local function is_outdated(epoch)
  if epoch == 0 then return false end
  fenced_epoch = fenced_epoch or tonumber(redis.call('HGET', counters, 'epoch') or '1')
  return fenced_epoch > epoch
end

local function judge(lane, id, count, ref, route, is_fresh, epoch, filled)
  local pending = redis.call('XPENDING', events, group, id, id, 1)[1]
  if not pending or pending[2] ~= consumer or tostring(pending[4]) ~= count then return 'not-owned' end
  if is_fresh and is_after(id, filled) then return 'unseen' end
  if is_outdated(epoch) then return 'outdated' end
  local record, member = record_front .. ref, ref .. ' ' .. route
  spell_out(record)
  local own = redis.call('HGET', record, 'lane:' .. route)
  if not own then
    redis.call('RPUSH', lane, member)
    redis.call('HSET', record, 'format', '1', 'lane:' .. route, lane)
    redis.call('SADD', lanes, lane)
  end
  return redis.call('LINDEX', own or lane, 0) == member and 'go' or 'wait'
end

local filled = filled_up_to()
local may_join = from ~= '' and not is_after(from, filled)
for _ = 1, joining do
  local lane, id, ref, route = key(), arg(), arg(), arg()
  if may_join and is_after(id, filled) then join(lane, ref, route) end
end
if may_join and is_after(up_to, filled) then
  filled = up_to
  redis.call('HSET', counters, 'lanes-filled', filled)
end

local replies = { filled }
while next_key < #KEYS do
  replies[#replies + 1] = judge(key(), arg(), arg(), arg(), arg(), arg() == '1', tonumber(arg()), filled)
end
return replies
