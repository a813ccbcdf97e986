-- append (format 1): appends each event once per identity (source + id), or says why not; all of them in one step.
-- Sequence numbers are given in the order of the call, without gaps between accepted events.
--
-- KEYS[1] events stream   KEYS[2] counters hash   KEYS[3..] identity key, one per event
-- ARGV[1] partition       ARGV[2] most entries the backlog may hold
-- ARGV[3..] per event: content hash, kind (j = JSON, b = bytes, - = none), attributes as JSON, data
--
-- Replies one array per event, in order:
--   accepted REF       it is in the stream now
--   duplicate REF      the same content is there already, under this ref
--   conflict REF       other content is there already under the same identity
--   backlog-full       nothing was written for this event
--
-- include: append-event

local events, counters = KEYS[1], KEYS[2]
local partition, max_backlog = ARGV[1], tonumber(ARGV[2])

local function event_at(index)
  local at = 2 + (index - 1) * 4
  return { hash = ARGV[at + 1], kind = ARGV[at + 2], attributes = ARGV[at + 3], data = ARGV[at + 4] }
end

local function answer_repeat(known, hash)
  local ref, known_hash = string.match(known, '^(%S+) (%S+)$')
  return { known_hash == hash and 'duplicate' or 'conflict', ref }
end

local count = #KEYS - 2
local known = redis.call('MGET', unpack(KEYS, 3))
local room = max_backlog - tonumber(redis.call('HGET', counters, 'backlog') or '0')
local replies, accepted, accepted_at = {}, {}, {}

for i = 1, count do
  local identity = KEYS[2 + i]
  if known[i] then
    replies[i] = answer_repeat(known[i], event_at(i).hash)
  elseif not accepted_at[identity] then
    if #accepted < room then
      accepted[#accepted + 1] = i
      accepted_at[identity] = i
    else
      replies[i] = { 'backlog-full' }
    end
  end
end

if #accepted > 0 then
  local seq = redis.call('HINCRBY', counters, 'seq', #accepted) - #accepted
  redis.call('HINCRBY', counters, 'backlog', #accepted)
  for n, i in ipairs(accepted) do
    replies[i] = { 'accepted', append_event(events, KEYS[2 + i], partition, seq + n, event_at(i)) }
  end
end

-- What is still unanswered repeats an event of this very call.
for i = 1, count do
  if not replies[i] then
    local first = accepted_at[KEYS[2 + i]]
    replies[i] = answer_repeat(replies[first][2] .. ' ' .. event_at(first).hash, event_at(i).hash)
  end
end

return replies
