#!lua flags=allow-oom
-- read-outbox (format 1): hands out the oldest of what is to go on in other partitions, to one mover at a time: two would
-- only do the same twice. Who is handed something is the mover for a while; once there is nothing left, nobody is.
--
-- KEYS[1] outbox stream   KEYS[2] mover
-- ARGV[1] consumer   ARGV[2] for how long it is the mover, ms   ARGV[3] id after which to read
-- ARGV[4] most entries   ARGV[5] bytes after which no more are read
--
-- Replies {busy}: somebody else is the mover; {none}; or {found} and the entries, each its id and its fields.

local outbox, mover, consumer = KEYS[1], KEYS[2], ARGV[1]
local after, most, most_bytes = ARGV[3], tonumber(ARGV[4]), tonumber(ARGV[5])

local at_work = redis.call('GET', mover)
if at_work and at_work ~= consumer then return { 'busy' } end

local replies, bytes = { 'found' }, 0
while #replies <= most and bytes < most_bytes do
  local entries = redis.call('XRANGE', outbox, '(' .. after, '+', 'COUNT', 16)
  for _, entry in ipairs(entries) do
    replies[#replies + 1] = entry
    after = entry[1]
    for _, field in ipairs(entry[2]) do
      bytes = bytes + #field
    end
  end
  if #entries < 16 then break end
end
if #replies == 1 then
  -- Expires at once.
  if at_work then redis.call('PEXPIRE', mover, 0) end
  return { 'none' }
end
redis.call('SET', mover, consumer, 'PX', ARGV[2])
return replies
