-- job-redrive (format 1): redrives one dead letter for a job and counts it, in one step. Refuses, changing nothing,
-- when the job was cancelled or taken over by another runner, or when the letter is no longer the one that was found.
--
-- KEYS[1] job   KEYS[2] dead   KEYS[3] record   KEYS[4..] the keys of redrive
-- ARGV[1] job id   ARGV[2] runner   ARGV[3] "REF ROUTE"   ARGV[4] when it died, ms   ARGV[5..] the arguments of redrive
--
-- Replies acted, skipped (it cannot be redriven), gone (somebody else was faster), seen (this job has had it before) or
-- stopped.
--
-- include: act-in-job
-- calls: redrive

return act_in_job(function()
  return redrive({ unpack(KEYS, 4) }, { unpack(ARGV, 5) }) == 'redriven'
end)
