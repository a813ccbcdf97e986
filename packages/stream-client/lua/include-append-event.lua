-- Appends one event to the stream, as an entry of format 2: one field, `v2`, that holds "SEQ KIND SIZE", a line feed, the
-- attributes as JSON, SIZE bytes of them, and the data. Where processes are about that read format 1 alone, whoever loads
-- this says 1 in place of 2: a field for each. And remembers its identity, so that a repeat of it is recognised. The
-- identity has no expiry yet: it gets one when the event is finished. Returns the ref. The caller has checked that it is new.
local entry_format = 2

local function add_entry(events, seq, event)
  if entry_format == 1 then
    return redis.call('XADD', events, '*', 'format', '1', 'seq', seq, 'kind', event.kind, 'event', event.attributes,
      'data', event.data)
  end
  local head = string.format('%.0f %s %d\n', seq, event.kind, #event.attributes)
  return redis.call('XADD', events, '*', 'v2', head .. event.attributes .. event.data)
end

local function append_event(events, identity, partition, seq, event)
  local id = add_entry(events, seq, event)
  local ref = partition .. '-' .. id
  redis.call('SET', identity, ref .. ' ' .. event.hash)
  return ref
end
