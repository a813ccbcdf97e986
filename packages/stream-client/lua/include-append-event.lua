-- Appends one event to the stream, as an entry of format 2: one field, `v2`, that holds "SEQ KIND SIZE", a line feed, the
-- attributes as JSON, SIZE bytes of them, and the data. `text` is what stands behind SEQ. Where processes are about that read
-- format 1 alone, whoever loads this says 1 in place of 2: a field for each. And remembers its identity, so that a repeat of it is
-- recognised. The identity has no expiry yet: it gets one when the event is finished. Returns the ref. The caller has checked that
-- it is new.
--
-- include: event-parts

local entry_format = 2

local function add_entry(events, seq, text)
  if entry_format == 2 then return redis.call('XADD', events, '*', 'v2', string.format('%.0f ', seq) .. text) end
  local kind, attributes, data = event_parts(text)
  return redis.call('XADD', events, '*', 'format', '1', 'seq', seq, 'kind', kind, 'event', attributes, 'data', data)
end

local function append_event(events, identity, partition, seq, text, hash)
  local id = add_entry(events, seq, text)
  local ref = partition .. '-' .. id
  redis.call('SET', identity, ref .. ' ' .. hash)
  return ref
end
