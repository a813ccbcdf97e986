-- append (format 1): appends each event once per identity (source + id), or says why not; all of them in one step.
-- Sequence numbers are given in the order of the call, without gaps between accepted events.
--
-- An event that is not to be delivered yet, by Redis' clock, waits beside the stream with its own copy in its record.
--
-- KEYS[1] events stream   KEYS[2] counters hash   KEYS[3] due, sorted by ms
-- KEYS[4..] identity key, one per event
-- ARGV[1] partition       ARGV[2] most entries the backlog may hold   ARGV[3] front of the record keys
-- ARGV[4] channel that wakes readers, empty where they need no waking
-- ARGV[5] epoch of the map by which the caller chose this partition
-- ARGV[6..] per event: content hash, kind (j = JSON, b = bytes, - = none), attributes as JSON, data, and the ms at which
--   it is to be delivered, 0 for now
--
-- Replies one line per event, in order:
--   accepted REF       it is in the stream now, or waits for its time
--   duplicate REF      the same content is there already, under this ref
--   conflict REF       other content is there already under the same identity
--   moved              this partition was closed to the caller's map; nothing was written for this event
--   backlog-full       nothing was written for this event
--
-- include: append-event
-- include: set-fence

local events, counters, due = KEYS[1], KEYS[2], KEYS[3]
local partition, max_backlog, record_front = ARGV[1], tonumber(ARGV[2]), ARGV[3]
local first_key, first_arg, args_each = 3, 5, 5

local is_new, is_later = false, false

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

local function event_at(index)
  local at = first_arg + (index - 1) * args_each
  return { hash = ARGV[at + 1], kind = ARGV[at + 2], attributes = ARGV[at + 3], data = ARGV[at + 4] }
end

-- It has no entry yet, so its ref is made of the time and a number that no entry reaches. The record key follows from the
-- ref and so cannot be named before; it shares the hash tag of all others.
local function schedule_event(identity, seq, event, deliver_at)
  local ref = string.format('%s-%.0f-%.0f', partition, now, 1000000000000 + seq)
  redis.call('HSET', record_front .. ref, 'format', '1', 'copied', '1', 'scheduled', deliver_at, 'entry:format', '1',
    'entry:seq', seq, 'entry:kind', event.kind, 'entry:event', event.attributes, 'entry:data', event.data)
  redis.call('ZADD', due, deliver_at, ref .. ' *')
  redis.call('SET', identity, ref .. ' ' .. event.hash)
  return ref
end

local function accept(index, seq)
  local identity, deliver_at = KEYS[first_key + index], ARGV[first_arg + index * args_each]
  -- Nearly always 0, which need not be read as a number.
  if deliver_at ~= '0' and tonumber(deliver_at) > now then
    is_later = true
    return schedule_event(identity, seq, event_at(index), tonumber(deliver_at))
  end
  is_new = true
  return append_event(events, identity, partition, seq, event_at(index))
end

local function answer_repeat(known, index)
  local ref, known_hash = string.match(known, '^(%S+) (%S+)$')
  return (known_hash == event_at(index).hash and 'duplicate ' or 'conflict ') .. ref
end

local count = #KEYS - first_key
local known = redis.call('MGET', unpack(KEYS, first_key + 1))
local counted = redis.call('HMGET', counters, 'backlog', 'epoch')
local room = max_backlog - tonumber(counted[1] or '0')
local is_moved = false
local epoch, fenced = ARGV[5], counted[2] or '1'
if epoch ~= fenced then
  is_moved = tonumber(fenced) > tonumber(epoch)
  -- A Redis that took the place of another may have lost the fence, which stood before anybody went by the caller's map.
  if not is_moved then set_fence(events, counters, epoch) end
end
local replies, accepted, accepted_at = {}, {}, {}

for i = 1, count do
  local identity = KEYS[first_key + i]
  if known[i] then
    replies[i] = answer_repeat(known[i], i)
  elseif is_moved then
    replies[i] = 'moved'
  elseif not accepted_at[identity] then
    if #accepted < room then
      accepted[#accepted + 1] = i
      accepted_at[identity] = i
    else
      replies[i] = 'backlog-full'
    end
  end
end

local refs = {}
if #accepted > 0 then
  local seq = redis.call('HINCRBY', counters, 'seq', #accepted) - #accepted
  redis.call('HINCRBY', counters, 'backlog', #accepted)
  for n, i in ipairs(accepted) do
    refs[i] = accept(i, seq + n)
    replies[i] = 'accepted ' .. refs[i]
  end
  if ARGV[4] ~= '' then
    if is_new then redis.call('SPUBLISH', ARGV[4], 'new') end
    if is_later then redis.call('SPUBLISH', ARGV[4], 'later') end
  end
end

-- What is still unanswered repeats an event of this very call.
for i = 1, count do
  if not replies[i] then
    local first = accepted_at[KEYS[first_key + i]]
    replies[i] = answer_repeat(refs[first] .. ' ' .. event_at(first).hash, i)
  end
end

return replies
