-- Writes what says nothing, where an answer rests on what is there already. Who then waits for the disk or for replicas waits
-- for his own last write (WAIT since Redis 7.2, WAITAOF): without one he would be told at once that nothing is missing, though
-- what somebody else wrote a moment ago still is. Before 7.2 it is what makes a primary that has lost its replicas, and does not
-- know it yet, wait for them.
local function write_anew(counters) redis.call('HSET', counters, 'asked', '1') end
