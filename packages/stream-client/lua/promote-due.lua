#!lua flags=allow-oom
-- promote-due (format 1): moves deliveries whose time has come from the waiting list back to the stream, as entries of
-- their own that name the route and the attempt. By Redis' clock; what is not due, or gone, is left as it is. Running it
-- from several consumers at once moves nothing twice.
--
-- KEYS[1] events stream   KEYS[2] due   KEYS[3] counters hash   KEYS[4..] record, one per member
-- ARGV per member: "REF ROUTE"; the route of an event whose first delivery was put off is *
--
-- Replies how many were moved. The backlog stays as it was, since a waiting delivery counts like an entry; only one whose
-- record is gone, or has no event to put back, leaves it.
--
-- include: put-back
-- include: record

local events, due = KEYS[1], KEYS[2]
local moved = 0
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

for n, member in ipairs(ARGV) do
  local score = redis.call('ZSCORE', due, member)
  if score and tonumber(score) <= now then
    local ref, route = string.match(member, '^(%S+) (.+)$')
    local record = KEYS[3 + n]
    spell_out(record)
    local copy = redis.call('HMGET', record, 'entry:format', 'entry:seq', 'entry:kind', 'entry:event', 'entry:data',
      'state:' .. route, 'redriven:' .. route, 'unsent:' .. route)
    local is_whole = copy[1] and copy[2] and copy[3] and copy[4] and copy[5]
    if is_whole and route == '*' then
      local id = redis.call('XADD', events, '*', 'format', copy[1], 'seq', copy[2], 'kind', copy[3], 'event', copy[4],
        'data', copy[5], 'ref', ref)
      redis.call('HSET', record, 'put-back:*', id)
      note_put_back(KEYS[3], copy[2], id)
      redis.call('HDEL', record, 'scheduled')
    elseif is_whole and copy[6] then
      local attempts, starts = string.match(copy[6], '^%S+ (%d+) (%d+)')
      local id = redis.call('XADD', events, '*', 'format', copy[1], 'seq', copy[2], 'kind', copy[3], 'event', copy[4],
        'data', copy[5], 'ref', ref, 'route', route, 'attempt', attempts + 1, 'redriven', copy[7] or '0',
        'unsent', copy[8] or '0')
      redis.call('HSET', record, 'put-back:' .. route, id, 'state:' .. route,
        table.concat({ 'waiting', attempts, starts, string.format('%.0f', now), '' }, ' '))
      redis.call('HDEL', record, 'paused:' .. route)
      note_put_back(KEYS[3], copy[2], id)
    else
      redis.call('HINCRBY', KEYS[3], 'backlog', -1)
    end
    redis.call('ZREM', due, member)
    moved = moved + 1
  end
end

return moved
