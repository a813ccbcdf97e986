-- append (format 1): appends each event once per identity (source + id), or says why not; all of them in one step.
-- Sequence numbers are given in the order of the call, without gaps between accepted events.
--
-- An event that is not to be delivered yet, by Redis' clock, waits beside the stream with its own copy in its record.
--
-- KEYS[1] events stream   KEYS[2] counters hash   KEYS[3] due, sorted by ms
-- ARGV[1] partition       ARGV[2] most entries the backlog may hold   ARGV[3] front of the record keys
-- ARGV[4] channel that wakes readers, empty where they need no waking
-- ARGV[5] epoch of the map by which the caller chose this partition
-- ARGV[6] of each event that is to be delivered later "PLACE MS ", in one text: its place among the events, from 1, and when.
--   Empty for nearly every call
-- ARGV[7] front of the identity keys
-- ARGV[8] of each event "IDENTITY HASH BYTES", a line feed, and BYTES bytes, in one text: its identity without the front of the key,
--   which follows from it and shares the hash tag, its content hash, and its entry behind its sequence number: "KIND SIZE", a line
--   feed, the attributes as JSON, SIZE bytes of them, and the data. KIND is j = JSON, b = bytes, - = none
--
-- Replies one text with a line for each event, in order:
--   accepted REF       it is in the stream now, or waits for its time
--   duplicate REF      the same content is there already, under this ref
--   conflict REF       other content is there already under the same identity
--   moved              this partition was closed to the caller's map; nothing was written for this event
--   backlog-full       nothing was written for this event
--
-- include: append-event
-- include: set-fence
-- include: write-anew

local events, counters, due = KEYS[1], KEYS[2], KEYS[3]
local partition, max_backlog, record_front = ARGV[1], tonumber(ARGV[2]), ARGV[3]
local is_new, is_later, is_repeat = false, false, false

local identities, hashes, texts = {}, {}, {}
local count, at = 0, 1
while at <= #ARGV[8] do
  local identity, hash, bytes, from = string.match(ARGV[8], '^(%S+) (%S+) (%d+)\n()', at)
  at = from + tonumber(bytes)
  count = count + 1
  identities[count], hashes[count], texts[count] = ARGV[7] .. identity, hash, string.sub(ARGV[8], from, at - 1)
end

-- When events are to be delivered, of those that are not to be delivered yet.
local later = {}
if ARGV[6] ~= '' then
  local time = redis.call('TIME')
  local now = time[1] * 1000 + math.floor(time[2] / 1000)
  for place, at in string.gmatch(ARGV[6], '(%d+) (%d+) ') do
    if tonumber(at) > now then later[tonumber(place)] = { at = tonumber(at), now = now } end
  end
end

-- It has no entry yet, so its ref is made of the time and a number that no entry reaches. The record key follows from the
-- ref and so cannot be named before; it shares the hash tag of all others.
local function schedule_event(identity, seq, index, wait)
  local ref = string.format('%s-%.0f-%.0f', partition, wait.now, 1000000000000 + seq)
  local kind, attributes, data = event_parts(texts[index])
  redis.call('HSET', record_front .. ref, 'format', '1', 'copied', '1', 'scheduled', wait.at, 'entry:format', '1',
    'entry:seq', seq, 'entry:kind', kind, 'entry:event', attributes, 'entry:data', data)
  redis.call('ZADD', due, wait.at, ref .. ' *')
  redis.call('SET', identity, ref .. ' ' .. hashes[index])
  return ref
end

local function accept(index, seq)
  local identity = identities[index]
  if later[index] then
    is_later = true
    return schedule_event(identity, seq, index, later[index])
  end
  is_new = true
  return append_event(events, identity, partition, seq, texts[index], hashes[index])
end

local function answer_repeat(known, index)
  local ref, known_hash = string.match(known, '^(%S+) (%S+)$')
  is_repeat = true
  return (known_hash == hashes[index] and 'duplicate ' or 'conflict ') .. ref
end

local known = redis.call('MGET', unpack(identities))
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
  local identity = identities[i]
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
elseif is_repeat then
  write_anew(counters)
end

-- What is still unanswered repeats an event of this very call.
for i = 1, count do
  if not replies[i] then
    local first = accepted_at[identities[i]]
    replies[i] = answer_repeat(refs[first] .. ' ' .. hashes[first], i)
  end
end

return table.concat(replies, '\n')
