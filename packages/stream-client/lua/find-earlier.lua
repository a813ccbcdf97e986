-- find-earlier (format 1): tells whether there is anything left of what a partition accepted before it was fenced: in the stream,
-- where it was put back since as well, or waiting for something, or dead, or on its way to another partition. Changes nothing.
--
-- KEYS[1] events stream   KEYS[2] counters hash   KEYS[3] outbox stream   KEYS[4..] due, queued, parked, dead
-- ARGV[1] group   ARGV[2] members of each that are looked at; of more it cannot be told
-- ARGV[3] bytes of the outbox after which no more of it is looked at
--
-- Replies left or none; how much of what was looked at in the outbox comes from before; and all, or some where there was more.
--
-- include: before-fence

local events, counters, group, most, most_bytes = KEYS[1], KEYS[2], ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])

local known = redis.call('HMGET', counters, 'fence', 'fence-seq', 'fence-put-back')
local fence, fenced_seq, last = known[1], tonumber(known[2]), known[1]
if not fence or redis.call('EXISTS', events) == 0 then return { 'left', 0, 'all' } end
if known[3] and is_after(known[3], last) then last = known[3] end

local function is_earlier(member) return is_before_fence(member, fence, fenced_seq) end

-- What departs carries its event, so that few are looked at in one go.
local function count_departing()
  local after, looked, found, bytes = '0-0', 0, 0, 0
  while looked < most and bytes < most_bytes do
    local entries = redis.call('XRANGE', KEYS[3], '(' .. after, '+', 'COUNT', 16)
    for _, entry in ipairs(entries) do
      after = entry[1]
      -- The first of its fields: the delivery that it comes from.
      if is_earlier(entry[2][2]) then found = found + 1 end
      for _, field in ipairs(entry[2]) do
        bytes = bytes + #field
      end
    end
    looked = looked + #entries
    if #entries < 16 then return found, 'all' end
  end
  return found, 'some'
end

local departing, extent = count_departing()
if departing > 0 or extent == 'some' or has_unread(events, group, last) then return { 'left', departing, extent } end
local oldest = redis.call('XPENDING', events, group)[2]
if oldest and not is_after(oldest, last) then return { 'left', departing, extent } end

for n = 4, #KEYS do
  local members = redis.call('ZRANGE', KEYS[n], 0, most)
  if #members > most then return { 'left', departing, extent } end
  for _, member in ipairs(members) do
    if is_earlier(member) then return { 'left', departing, extent } end
  end
end
return { 'none', departing, extent }
