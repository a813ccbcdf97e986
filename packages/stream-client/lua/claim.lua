-- claim (format 1): takes over entries that nobody has touched for too long, and counts the start of each. Entries come
-- back with the delivery count under which the caller now holds them. The scan goes on from the cursor, so that a long
-- list of fresh pending entries cannot hide a stale one behind it.
--
-- KEYS[1] events stream
-- ARGV[1] group   ARGV[2] consumer   ARGV[3] least idle time, ms   ARGV[4] cursor, 0-0 to begin   ARGV[5] most entries
--
-- Replies {next cursor, {{id, delivery count, {field, value, ...}}, ...}, {ids whose bodies are gone}}. Those ids have
-- left the pending list with this call: whoever reads the reply is the last to know of them.

local events, group, consumer = KEYS[1], ARGV[1], ARGV[2]
local adopted = redis.call('XAUTOCLAIM', events, group, consumer, ARGV[3], ARGV[4], 'COUNT', ARGV[5], 'JUSTID')

local entries = {}
for _, id in ipairs(adopted[2]) do
  local entry = redis.call('XCLAIM', events, group, consumer, 0, id)[1]
  if entry then
    local pending = redis.call('XPENDING', events, group, id, id, 1)[1]
    entries[#entries + 1] = { id, pending[4], entry[2] }
  end
end

return { adopted[1], entries, adopted[3] or {} }
