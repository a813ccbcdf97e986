-- Acts on one dead letter for a job: only while the caller holds the job, only if it is still the death that the job
-- found, and at most one time for each delivery, however often it dies again. Counts it in the same step.
--
-- include: record

local function act_in_job(act)
  local job, dead, record = KEYS[1], KEYS[2], KEYS[3]
  local job_id, runner, member, died_at = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
  local held = redis.call('HMGET', job, 'state', 'runner')
  if held[1] ~= 'running' or held[2] ~= runner then return 'stopped' end
  if tonumber(redis.call('ZSCORE', dead, member) or '-1') ~= tonumber(died_at) then return 'gone' end
  local mark = 'job:' .. string.match(member, '^%S+ (.+)$')
  spell_out(record)
  if redis.call('HGET', record, mark) == job_id then return 'seen' end
  local is_done = act()
  redis.call('HSET', record, mark, job_id)
  redis.call('HINCRBY', job, is_done and 'acted' or 'skipped', 1)
  return is_done and 'acted' or 'skipped'
end
