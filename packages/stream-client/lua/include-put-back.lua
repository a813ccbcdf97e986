-- Notes that a delivery stands in the stream again, as another entry. Where its event was accepted before the partition was fenced,
-- that entry is now the last in which there is something from before. `seq` is the event's.
local fenced_seq
local function note_put_back(counters, seq, id)
  fenced_seq = fenced_seq or tonumber(redis.call('HGET', counters, 'fence-seq') or '0')
  if (tonumber(seq) or math.huge) <= fenced_seq then redis.call('HSET', counters, 'fence-put-back', id) end
end
