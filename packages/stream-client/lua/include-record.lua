-- What every script does that looks at the fields of a record, or adds to them.
--
-- include: short-record

-- Makes a hash of a record that is one text, for as long as it had to live. Any other is left as it is.
local function spell_out(record)
  local text = read_in_short(record)
  if not text then return end
  local fields, expires_at = to_fields(text)
  redis.call('PEXPIRE', record, 0)
  redis.call('HSET', record, unpack(fields))
  if not expires_at then return end
  local time = redis.call('TIME')
  local left = expires_at - time[1] * 1000 - math.floor(time[2] / 1000)
  redis.call('PEXPIRE', record, string.format('%.0f', math.max(1, left)))
end
