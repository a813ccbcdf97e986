-- look (format 1): tells what there is to do in a partition, in as few commands as can be: hundreds of idle partitions are
-- looked at again and again. Changes nothing.
--
-- KEYS[1] events stream   KEYS[2] due, sorted by ms   KEYS[3] parked, sorted by ms   KEYS[4] set of lanes
-- KEYS[5] outbox stream
-- ARGV[1] group   ARGV[2] ms since the epoch; consumers that were not heard of since, and hold nothing, are gone
--
-- Replies {1 if an entry is undelivered, pending, first due, ms or '', first to expire, ms or '', lanes, the oldest entry,
-- ms or '', consumers gone, the time, ms, the oldest in the outbox, ms or ''}, or {no-group}.

local function to_table(flat)
  local named = {}
  for i = 1, #flat, 2 do
    named[flat[i]] = flat[i + 1]
  end
  return named
end

local function first_score(key)
  return redis.call('ZRANGE', key, 0, 0, 'WITHSCORES')[2] or ''
end

if redis.call('EXISTS', KEYS[1]) == 0 then return { 'no-group' } end
local stream = to_table(redis.call('XINFO', 'STREAM', KEYS[1], 'FULL', 'COUNT', 1))
local group
for _, info in ipairs(stream.groups) do
  local one = to_table(info)
  if one.name == ARGV[1] then group = one end
end
if not group then return { 'no-group' } end

local gone = 0
for _, info in ipairs(group.consumers) do
  local consumer = to_table(info)
  if consumer['pel-count'] == 0 and consumer['seen-time'] < tonumber(ARGV[2]) then gone = gone + 1 end
end

local oldest = stream.entries[1] and string.match(stream.entries[1][1], '^%d+') or ''
local undelivered = stream['last-generated-id'] ~= group['last-delivered-id'] and 1 or 0
local due, parked, lanes, departing = '', '', 0, ''
if redis.call('EXISTS', KEYS[2], KEYS[3], KEYS[4], KEYS[5]) > 0 then
  due, parked, lanes = first_score(KEYS[2]), first_score(KEYS[3]), redis.call('SCARD', KEYS[4])
  local first = redis.call('XRANGE', KEYS[5], '-', '+', 'COUNT', 1)[1]
  departing = first and string.match(first[1], '^%d+') or ''
end
local time = redis.call('TIME')
local now = string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000))
return { undelivered, group['pel-count'], due, parked, lanes, oldest, gone, now, departing }
