-- Whether the event of a delivery, "REF ROUTE", was accepted before a partition was fenced: at which entry, and at which sequence. The
-- ref of an event whose first delivery was put off has its sequence, and no entry.
--
-- include: reading

local function is_before_fence(member, fence, fenced_seq)
  local ms, number = string.match(member, '^%d+%-(%d+)%-(%d+) ')
  if tonumber(number) > 1000000000000 then return tonumber(number) - 1000000000000 <= fenced_seq end
  return not is_after(ms .. '-' .. number, fence)
end
