-- A record has its fields in a hash. Nearly all records are of one delivery that was done with its first attempt, with nothing but
-- its detail to tell: such a record is one text instead, "2 STARTS FINISHED LIFETIME ROUTE", a line feed, and the detail as JSON.
-- Only settle writes it, as the first thing that is written about an event; and it is never changed: who has something to add
-- spells it out before (include-record). How it is laid out, nothing but this piece has to know. Where processes are about that
-- read hashes alone, whoever loads this says 1 in place of 2, and none is written.

local record_format = 2

-- Writes such a record where there is none. Replies whether it did.
local function write_in_short(record, starts, finished, lifetime, route, detail)
  if record_format ~= 2 then return false end
  local text = '2 ' .. starts .. ' ' .. finished .. ' ' .. lifetime .. ' ' .. route .. '\n' .. detail
  return redis.call('SET', record, text, 'PX', lifetime, 'NX') and true
end

-- The text, where a record is one. MGET may be asked for a key of any type.
local function read_in_short(record)
  return redis.call('MGET', record)[1]
end

-- The fields that the text stands for, names and values, and when the record expires, in ms.
local function to_fields(text)
  local starts, finished, lifetime, route, detail = string.match(text, '^2 (%d+) (%d+) (%d+) ([^\n]*)\n(.*)$')
  if not starts then error('a record is of a format that this release does not know') end
  local state = 'done 1 ' .. starts .. ' ' .. finished .. ' '
  local fields = { 'format', '1', 'state:' .. route, state, 'detail:' .. route, detail, 'open', '0', 'finished', finished }
  return fields, finished + lifetime
end
