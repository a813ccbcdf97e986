-- find-earlier (format 1): tells whether there is anything left of what a partition accepted before it was fenced: in the stream,
-- where it was put back since as well, or waiting for something, or dead, or on its way to another partition. Changes nothing.
--
-- KEYS[1] events stream   KEYS[2] counters hash   KEYS[3] outbox stream   KEYS[4..] due, queued, parked, dead
-- ARGV[1] group   ARGV[2] members of each that are looked at; of more it cannot be told
--
-- Replies left or none, and how much of what is in the outbox comes from before.
--
-- include: reading

local events, counters, group, most = KEYS[1], KEYS[2], ARGV[1], tonumber(ARGV[2])

local known = redis.call('HMGET', counters, 'fence', 'fence-seq', 'fence-put-back')
local fence, fenced_seq, last = known[1], tonumber(known[2]), known[1]
if not fence or redis.call('EXISTS', events) == 0 then return { 'left', 0 } end
if known[3] and is_after(known[3], last) then last = known[3] end

-- The ref of an event whose first delivery was put off has its sequence, and no entry.
local function is_earlier(member)
  local ms, number = string.match(member, '^%d+%-(%d+)%-(%d+) ')
  if tonumber(number) > 1000000000000 then return tonumber(number) - 1000000000000 <= fenced_seq end
  return not is_after(ms .. '-' .. number, fence)
end

-- What departs carries its event, so that few are looked at in one go.
local function count_departing()
  local after, looked, found = '0-0', 0, 0
  while looked < most do
    local entries = redis.call('XRANGE', KEYS[3], '(' .. after, '+', 'COUNT', 16)
    for _, entry in ipairs(entries) do
      after = entry[1]
      -- The first of its fields: the delivery that it comes from.
      if is_earlier(entry[2][2]) then found = found + 1 end
    end
    looked = looked + #entries
    if #entries < 16 then return found end
  end
  return most
end

local departing = count_departing()
if departing > 0 or has_unread(events, group, last) then return { 'left', departing } end
local oldest = redis.call('XPENDING', events, group)[2]
if oldest and not is_after(oldest, last) then return { 'left', departing } end

for n = 4, #KEYS do
  local members = redis.call('ZRANGE', KEYS[n], 0, most)
  if #members > most then return { 'left', departing } end
  for _, member in ipairs(members) do
    if is_earlier(member) then return { 'left', departing } end
  end
end
return { 'none', departing }
