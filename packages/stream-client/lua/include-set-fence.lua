-- Closes a partition to appends by maps older than an epoch, and notes what it has accepted up to then: by its last entry and by
-- sequence, not by the time, since Redis' clock may be set back.
local function set_fence(events, counters, epoch)
  local last, added = '0-0', '0'
  if redis.call('EXISTS', events) == 1 then
    local info = redis.call('XINFO', 'STREAM', events)
    for i = 1, #info, 2 do
      if info[i] == 'last-generated-id' then last = info[i + 1] end
      if info[i] == 'entries-added' then added = info[i + 1] end
    end
  end
  local seq = redis.call('HGET', counters, 'seq') or '0'
  redis.call('HSET', counters, 'epoch', epoch, 'fence', last, 'fence-added', added, 'fence-seq', seq)
end
