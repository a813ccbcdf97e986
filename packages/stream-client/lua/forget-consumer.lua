-- forget-consumer (format 1): removes a consumer from the group, but only while it holds nothing. Looking and removing
-- are one step, because XGROUP DELCONSUMER drops whatever the consumer still holds.
--
-- KEYS[1] events stream
-- ARGV[1] group   ARGV[2] consumer   ARGV[3] least time since it was last heard of, ms
--
-- Replies forgotten or kept.

for _, info in ipairs(redis.call('XINFO', 'CONSUMERS', KEYS[1], ARGV[1])) do
  local consumer = {}
  for i = 1, #info, 2 do
    consumer[info[i]] = info[i + 1]
  end
  if consumer.name == ARGV[2] and consumer.pending == 0 and consumer.idle >= tonumber(ARGV[3]) then
    redis.call('XGROUP', 'DELCONSUMER', KEYS[1], ARGV[1], ARGV[2])
    return 'forgotten'
  end
end
return 'kept'
