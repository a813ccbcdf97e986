-- Appends one event to the stream, as an entry of format 2: one field, `v2`, that holds "SEQ KIND SIZE", a line feed, the
-- attributes as JSON, SIZE bytes of them, and the data. And remembers its identity, so that a repeat of it is recognised. The identity has
-- no expiry yet: it gets one when the event is finished. Returns the ref. The caller has checked that it is new.
local function append_event(events, identity, partition, seq, event)
  local head = string.format('%.0f %s %d\n', seq, event.kind, #event.attributes)
  local id = redis.call('XADD', events, '*', 'v2', head .. event.attributes .. event.data)
  local ref = partition .. '-' .. id
  redis.call('SET', identity, ref .. ' ' .. event.hash)
  return ref
end
