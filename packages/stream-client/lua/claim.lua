-- claim (format 1): takes over entries that nobody has touched for too long, and counts the start of each. Entries come
-- back with the delivery count under which the caller now holds them. The scan goes on from the cursor, so that a long
-- list of fresh pending entries cannot hide a stale one behind it.
--
-- An entry that has been started too often without coming to an end may be what ends its consumers. A caller says how many
-- starts it dares; entries with more are left as they were, their starts not counted, for one that has less to lose.
--
-- Idle times go by Redis' clock. When that is not where the caller has it by its own, it was set: then they mean nothing,
-- and nothing is claimed.
--
-- KEYS[1] events stream   KEYS[2] counters hash
-- ARGV[1] group   ARGV[2] consumer   ARGV[3] least idle time, ms   ARGV[4] cursor, 0-0 to begin   ARGV[5] most entries
-- ARGV[6] most starts that an entry which is taken may have had
-- ARGV[7] Redis' time as the caller has it, ms, 0 if it has none   ARGV[8] how far it may be off, ms
--
-- Replies {next cursor, {{id, delivery count, {field, value, ...}}, ...}, {ids whose bodies are gone}, how many were left,
-- Redis' time, ms, how many consumers the group has}. Among those are dead ones, until they are forgotten.
-- Ids whose bodies are gone have left the pending list and the backlog with this call: whoever reads the reply is the
-- last to know of them.

local events, group, consumer, idle = KEYS[1], ARGV[1], ARGV[2], ARGV[3]
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local expected = tonumber(ARGV[7])
if expected > 0 and math.abs(now - expected) > tonumber(ARGV[8]) then return { ARGV[4], {}, {}, 0, now, 1 } end

local adopted = redis.call('XAUTOCLAIM', events, group, consumer, idle, ARGV[4], 'COUNT', ARGV[5], 'JUSTID')

local entries, left = {}, 0
for _, id in ipairs(adopted[2]) do
  local starts = redis.call('XPENDING', events, group, id, id, 1)[1][4]
  if starts > tonumber(ARGV[6]) then
    redis.call('XCLAIM', events, group, consumer, 0, id, 'IDLE', idle, 'RETRYCOUNT', starts, 'JUSTID')
    left = left + 1
  else
    local entry = redis.call('XCLAIM', events, group, consumer, 0, id)[1]
    if entry then entries[#entries + 1] = { id, starts + 1, entry[2] } end
  end
end

local lost = adopted[3] or {}
if #lost > 0 then redis.call('HINCRBY', KEYS[2], 'backlog', -#lost) end

-- Name and consumers are the first that is said of a group.
local consumers = 1
for _, info in ipairs(redis.call('XINFO', 'GROUPS', events)) do
  if info[2] == group then consumers = info[4] end
end
return { adopted[1], entries, lost, left, now, consumers }
