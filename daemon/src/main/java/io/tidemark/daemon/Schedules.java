package io.tidemark.daemon;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import java.time.Duration;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.quartz.CronScheduleBuilder;
import org.quartz.DisallowConcurrentExecution;
import org.quartz.InterruptableJob;
import org.quartz.Job;
import org.quartz.JobBuilder;
import org.quartz.JobDetail;
import org.quartz.JobExecutionContext;
import org.quartz.JobKey;
import org.quartz.Scheduler;
import org.quartz.SchedulerException;
import org.quartz.TriggerBuilder;
import org.quartz.impl.StdSchedulerFactory;
import org.quartz.impl.matchers.GroupMatcher;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs tasks at the times of their cron expressions, or at once when asked to; never one of them
 * twice at the same time. Safe for use by many threads.
 */
final class Schedules implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Schedules.class);
  private static final String TASK = "task";
  private static final int THREADS = 3;

  private final Scheduler quartz;
  private final Set<TaskJob> running = ConcurrentHashMap.newKeySet();

  /** What is run; an interrupt ends it early. */
  @FunctionalInterface
  interface Task {
    void run();
  }

  /** Starts with nothing to do. */
  Schedules() {
    try {
      StdSchedulerFactory factory = new StdSchedulerFactory();
      factory.initialize(settings());
      quartz = factory.getScheduler();
      quartz.setJobFactory((fired, _) -> new TaskJob(taskOf(fired.getJobDetail()), running));
      quartz.start();
    } catch (SchedulerException e) {
      throw defect(e);
    }
  }

  private static Task taskOf(JobDetail job) {
    if (job.getJobDataMap().get(TASK) instanceof Task task) {
      return task;
    }
    throw new IllegalStateException("without a task: " + job.getKey());
  }

  private static Properties settings() {
    Properties settings = new Properties();
    // A name of its own: Quartz keeps schedulers by name for the whole JVM.
    settings.put("org.quartz.scheduler.instanceName", "tidemark-" + System.nanoTime());
    settings.put("org.quartz.scheduler.skipUpdateCheck", "true");
    settings.put("org.quartz.scheduler.makeSchedulerThreadDaemon", "true");
    settings.put("org.quartz.jobStore.class", "org.quartz.simpl.RAMJobStore");
    settings.put("org.quartz.threadPool.class", "org.quartz.simpl.SimpleThreadPool");
    settings.put("org.quartz.threadPool.threadCount", "" + THREADS);
    settings.put("org.quartz.threadPool.makeThreadsDaemons", "true");
    settings.put("org.quartz.threadPool.threadNamePrefix", "schedule");
    return settings;
  }

  /**
   * Adds a task.
   *
   * @param group of which it is removed
   * @param cron empty: it runs only when asked to
   */
  void add(String group, String name, Optional<String> cron, Task task) {
    try {
      JobKey key = new JobKey(name, group);
      var job = JobBuilder.newJob(TaskJob.class).withIdentity(key).storeDurably().build();
      job.getJobDataMap().put(TASK, task);
      quartz.addJob(job, true);
      if (cron.isPresent()) {
        quartz.scheduleJob(
            TriggerBuilder.newTrigger()
                .withIdentity(name, group)
                .forJob(key)
                .withSchedule(CronScheduleBuilder.cronSchedule(cron.get()))
                .build());
      }
    } catch (SchedulerException e) {
      throw defect(e);
    }
  }

  /** Lets a task run now, on a thread of these. */
  void runNow(String group, String name) {
    try {
      quartz.triggerJob(new JobKey(name, group));
    } catch (SchedulerException e) {
      LOG.debug("{} of {} is not scheduled any more", name, group, e);
    }
  }

  /** Removes a group, interrupts those of it that run, and waits for their end. */
  void remove(String group, Duration limit) {
    long until = System.nanoTime() + limit.toNanos();
    try {
      for (JobKey key : quartz.getJobKeys(GroupMatcher.jobGroupEquals(group))) {
        quartz.deleteJob(key);
      }
    } catch (SchedulerException e) {
      throw defect(e);
    }
    for (TaskJob job : running) {
      if (job.isOf(group)) {
        job.interrupt();
        job.awaitEnd(until - System.nanoTime());
      }
    }
  }

  /** Removes all; what runs is interrupted before, by {@link #remove}. */
  @Override
  public void close() {
    try {
      quartz.shutdown(false);
    } catch (SchedulerException e) {
      LOG.warn("the scheduler did not end: {}", e.toString());
    }
  }

  private static TidemarkException defect(SchedulerException e) {
    return new TidemarkException(
        ErrorCode.INTERNAL, "the scheduler failed: " + e, "report it with the log", e);
  }

  /** Quartz' view of a task. */
  @DisallowConcurrentExecution
  static final class TaskJob implements Job, InterruptableJob {
    private final Task task;
    private final Set<TaskJob> running;
    private final CountDownLatch ended = new CountDownLatch(1);
    private volatile @Nullable Thread thread;
    private volatile @Nullable JobKey key;

    TaskJob(Task task, Set<TaskJob> running) {
      this.task = task;
      this.running = running;
    }

    boolean isOf(String group) {
      JobKey known = key;
      return known != null && known.getGroup().equals(group);
    }

    void awaitEnd(long nanos) {
      try {
        if (!ended.await(nanos, TimeUnit.NANOSECONDS)) {
          LOG.warn("{} did not end within the limit", key);
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }

    @Override
    public void execute(JobExecutionContext context) {
      thread = Thread.currentThread();
      key = context.getJobDetail().getKey();
      running.add(this);
      try {
        task.run();
      } catch (RuntimeException e) {
        LOG.error("{} failed by a defect", context.getJobDetail().getKey(), e);
      } finally {
        thread = null;
        running.remove(this);
        ended.countDown();
        // Of a late interrupt the next task on this thread must not see anything.
        boolean late = Thread.interrupted();
        LOG.trace("{} ended, interrupted {}", context.getJobDetail().getKey(), late);
      }
    }

    @Override
    public void interrupt() {
      Thread running = thread;
      if (running != null) {
        running.interrupt();
      }
    }
  }
}
