-- read-states (format 1): tells of the record of an event what a list of many shows: neither results nor data, which may be
-- large. Changes nothing.
--
-- KEYS[1] record
-- ARGV[1] 1 if the attributes of the event are wanted as well, where the record has a copy of them
--
-- Replies names and values of these fields, `format` always among them; nothing where there is no record.
--
-- include: short-record

local record = KEYS[1]
local replies = {}

local function reply(name, value)
  replies[#replies + 1] = name
  replies[#replies + 1] = value
end

local text = read_in_short(record)
if text then
  local fields = to_fields(text)
  for i = 1, #fields, 2 do
    local kind = string.sub(fields[i], 1, 7)
    if kind ~= 'detail:' and kind ~= 'effect:' then reply(fields[i], fields[i + 1]) end
  end
  return replies
end

local wanted = { 'open', 'dead', 'scheduled', 'routes' }
if ARGV[1] == '1' then
  for _, name in ipairs({ 'entry:format', 'entry:kind', 'entry:event' }) do
    wanted[#wanted + 1] = name
  end
end
local names = redis.call('HKEYS', record)
if #names == 0 then return replies end
reply('format', '1')
for _, name in ipairs(names) do
  if string.sub(name, 1, 6) == 'state:' then wanted[#wanted + 1] = name end
end

for n, value in ipairs(redis.call('HMGET', record, unpack(wanted))) do
  if value then reply(wanted[n], value) end
end
return replies
