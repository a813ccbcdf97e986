-- Appends one event to the stream and remembers its identity, so that a repeat of it is recognised. The identity has
-- no expiry yet: it gets one when the event is finished. Returns the ref. The caller has checked that it is new.
local function append_event(events, identity, partition, seq, event)
  local id = redis.call('XADD', events, '*', 'format', '1', 'seq', seq,
    'kind', event.kind, 'event', event.attributes, 'data', event.data)
  local ref = partition .. '-' .. id
  redis.call('SET', identity, ref .. ' ' .. event.hash)
  return ref
end
