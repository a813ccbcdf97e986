-- A record has its fields in a hash. Nearly all records are of one delivery of which there is little to tell: such a record is one
-- text instead, a line that says how it is laid out, and what that line is about.
--
--   "2 STARTS FINISHED LIFETIME ROUTE", detail: done with its first attempt.
--   "3 BEGUN STEP-BYTES ROUTE", step path, effect: the first that was written is that an effect is about to be sent.
--   "4 STARTS FINISHED LIFETIME STEP-BYTES EFFECT-BYTES ROUTE", step path, effect, detail: done with its first attempt and this effect.
--
-- Only as the first that is written about an event is there such a text, or in place of one that said that the same effect had
-- begun. Otherwise it is never changed: who has something to add spells it out before (include-record). How it is laid out, nothing
-- but this piece has to know. Where processes are about that read hashes alone, whoever loads this says 1 in place of 2, and none is
-- written.

local record_format = 2

-- Writes where there is no record that a delivery is done. Replies whether it did.
local function write_in_short(record, starts, finished, lifetime, route, detail)
  if record_format ~= 2 then return false end
  local text = '2 ' .. starts .. ' ' .. finished .. ' ' .. lifetime .. ' ' .. route .. '\n' .. detail
  return redis.call('SET', record, text, 'PX', lifetime, 'NX') and true
end

-- Writes where there is no record that an effect is about to be sent. Replies whether it did.
local function begin_in_short(record, begun, route, step, effect)
  if record_format ~= 2 then return false end
  return redis.call('SET', record, '3 ' .. begun .. ' ' .. #step .. ' ' .. route .. '\n' .. step .. effect, 'NX') and true
end

-- The text, where a record is one. MGET may be asked for a key of any type.
local function read_in_short(record)
  return redis.call('MGET', record)[1]
end

-- What a text says that an effect had begun: when, the route, the step path, the effect. Nothing of any other text.
local function to_beginning(text)
  local begun, bytes, route, from = string.match(text, '^3 (%d+) (%d+) ([^\n]*)\n()')
  if not begun then return end
  return begun, route, string.sub(text, from, from + bytes - 1), string.sub(text, from + bytes)
end

-- Writes that a delivery is done where there is nothing but the beginning of its effect. Replies whether it did.
local function end_in_short(record, starts, finished, lifetime, route, step, effect, detail)
  if record_format ~= 2 then return false end
  local known = read_in_short(record)
  if not known then return false end
  local begun, begun_route, begun_step = to_beginning(known)
  if not begun or begun_route ~= route or begun_step ~= step then return false end
  local head = table.concat({ '4', starts, finished, lifetime, #step, #effect, route }, ' ')
  redis.call('SET', record, head .. '\n' .. step .. effect .. detail, 'PX', lifetime)
  return true
end

-- The fields that the text stands for, names and values, and when the record expires, in ms: nothing of one that does not.
local function to_fields(text)
  local begun, begun_route, begun_step, begun_effect = to_beginning(text)
  if begun then
    return { 'format', '1', 'state:' .. begun_route, 'running 0 0 ' .. begun .. ' ',
      'effect:' .. begun_route .. ':' .. begun_step, begun_effect }
  end
  local starts, finished, lifetime, step_bytes, effect_bytes, route, from =
    string.match(text, '^4 (%d+) (%d+) (%d+) (%d+) (%d+) ([^\n]*)\n()')
  if not starts then
    starts, finished, lifetime, route, from = string.match(text, '^2 (%d+) (%d+) (%d+) ([^\n]*)\n()')
  end
  if not starts then error('a record is of a format that this release does not know') end
  local effect_from = from + (step_bytes or 0)
  local detail_from = effect_from + (effect_bytes or 0)
  local state = 'done 1 ' .. starts .. ' ' .. finished .. ' '
  local fields = { 'format', '1', 'state:' .. route, state, 'detail:' .. route, string.sub(text, detail_from), 'open', '0',
    'finished', finished }
  if step_bytes then
    fields[#fields + 1] = 'effect:' .. route .. ':' .. string.sub(text, from, effect_from - 1)
    fields[#fields + 1] = string.sub(text, effect_from, detail_from - 1)
  end
  return fields, finished + lifetime
end
