-- read-record (format 1): tells what the record of an event says, in whichever form it is kept. Changes nothing.
--
-- KEYS[1] record
-- ARGV per field that is wanted: its name; without any, all of them are
--
-- Replies names and values, of the fields that the record has; nothing where there is no record.
--
-- include: short-record

local text = read_in_short(KEYS[1])
local known = {}
if text then
  local fields = to_fields(text)
  if #ARGV == 0 then return fields end
  for i = 1, #fields, 2 do
    known[fields[i]] = fields[i + 1]
  end
elseif #ARGV == 0 then
  return redis.call('HGETALL', KEYS[1])
else
  for n, value in ipairs(redis.call('HMGET', KEYS[1], unpack(ARGV))) do
    known[ARGV[n]] = value
  end
end

local replies = {}
for _, name in ipairs(ARGV) do
  if known[name] then
    replies[#replies + 1] = name
    replies[#replies + 1] = known[name]
  end
end
return replies
