#!lua flags=allow-oom
-- heartbeat (format 1): shows that the caller is alive, keeps its entries from being claimed, and notes in their records
-- that they are being worked on. An entry that another consumer has claimed meanwhile is left alone and named in the reply.
--
-- KEYS[1] events stream   KEYS[2..] record, one per entry
-- ARGV[1] group   ARGV[2] consumer   ARGV[3] channel that tells of changed records
-- ARGV[4..] per entry: id, delivery count, ref, number of routes at work, and for each of them: route, attempt, how far
--   it says that it has come as JSON (empty: it has said nothing)
--
-- Replies the ids that the caller no longer holds.
--
-- include: record

local events, group, consumer, channel = KEYS[1], ARGV[1], ARGV[2], ARGV[3]
local time = redis.call('TIME')
local now = string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000))
local lost, moved, at = {}, {}, 4

-- Redis 7.0 does not count a read that found nothing as a sign of life, nor does it register the reader. Reading the own
-- pending entries from beyond the last possible one finds nothing, changes nothing, and does both.
local beyond = '18446744073709551615-18446744073709551614'
redis.call('XREADGROUP', 'GROUP', group, consumer, 'COUNT', 1, 'STREAMS', events, beyond)

local function note_running(record, route, attempt)
  local field = 'state:' .. route
  local stored = redis.call('HGET', record, field)
  local state, attempts, starts = string.match(stored or 'waiting 0 0', '^(%S+) (%d+) (%d+)')
  if tonumber(attempts) < attempt and state ~= 'running' then
    redis.call('HSET', record, field, table.concat({ 'running', attempts, starts, now, '' }, ' '))
  end
end

-- What was said before is not said again: its time stays that at which it was first heard of.
local function note_progress(record, ref, route, said)
  if said == '' then return end
  local field = 'progress:' .. route
  local stored = redis.call('HGET', record, field)
  if stored and string.match(stored, '^%d+ (.*)$') == said then return end
  redis.call('HSET', record, field, now .. ' ' .. said)
  moved[#moved + 1] = ref
end

for n = 2, #KEYS do
  local id, count, ref, routes = ARGV[at], ARGV[at + 1], ARGV[at + 2], tonumber(ARGV[at + 3])
  at = at + 4
  local pending = redis.call('XPENDING', events, group, id, id, 1)[1]
  local held = pending and pending[2] == consumer and tostring(pending[4]) == count
  if held then
    -- Claiming an entry whose body is gone would drop it without a word; the sweep is to find and report it.
    if #redis.call('XRANGE', events, id, id) > 0 then redis.call('XCLAIM', events, group, consumer, 0, id, 'JUSTID') end
    spell_out(KEYS[n])
  else
    lost[#lost + 1] = id
  end
  for _ = 1, routes do
    if held then
      note_running(KEYS[n], ARGV[at], tonumber(ARGV[at + 1]))
      note_progress(KEYS[n], ref, ARGV[at], ARGV[at + 2])
    end
    at = at + 3
  end
end

if #moved > 0 then redis.call('SPUBLISH', channel, table.concat(moved, ' ')) end

return lost
