"""Monitored sessions, hooks and coordinators against their documented contract."""

import glob
import threading
import time

import graphpb as tf
import numpy as np
import pytest


@pytest.fixture(autouse=True)
def fresh():
    tf.reset_default_graph()
    yield
    tf.summary.FileWriterCache.clear()


def counting_model():
    """A step counter, its update, and a weight that each step halves."""
    step = tf.train.get_or_create_global_step()
    weight = tf.get_variable("weight", initializer=64.0)
    with tf.control_dependencies([weight.assign(weight / 2)]):
        train = tf.assign_add(step, 1).op
    return step, weight, train


class Diary(tf.train.SessionRunHook):
    def __init__(self, notes, name="", fail=None):
        self.notes, self.name, self.fail = notes, name, fail

    def note(self, what):
        self.notes.append(self.name + what)
        if what == self.fail:
            raise KeyError(what)

    def begin(self):
        assert not tf.get_default_graph().finalized
        self.note("begin")

    def after_create_session(self, session, coord):
        assert tf.get_default_graph().finalized and isinstance(session, tf.Session) and isinstance(coord, tf.train.Coordinator)
        self.note("create")

    def before_run(self, run_context):
        self.note("before")

    def after_run(self, run_context, run_values):
        self.note("after")

    def end(self, session):
        self.note("end")


ALL_SESSIONS = [tf.train.MonitoredSession, tf.train.SingularMonitoredSession, tf.train.MonitoredTrainingSession]


@pytest.mark.parametrize("kind", ALL_SESSIONS)
def test_hooks_are_called_in_order(kind):
    _, weight, train = counting_model()
    notes = []
    with kind(hooks=[Diary(notes, "a "), Diary(notes, "b ")]) as sess:
        assert not sess.should_stop()
        sess.run(train)
        assert sess.run(weight) == 32
        assert sess.graph is tf.get_default_graph()
    expected = "begin create before after before after end".split()
    assert notes == [f"{who} {what}" for what in expected for who in "ab"]
    assert sess.should_stop() and sess.graph is None
    assert not tf.get_default_graph().finalized
    with pytest.raises(RuntimeError, match="already closed"):
        sess.run(train)
    with pytest.raises(RuntimeError, match="already closed"):
        sess.close()


@pytest.mark.parametrize("kind", ALL_SESSIONS)
@pytest.mark.parametrize("fail", ["before", "after", "run"])
def test_an_exception_leaves_end_uncalled(kind, fail):
    counting_model()
    x = tf.placeholder(tf.float32)
    notes = []
    error = tf.errors.InvalidArgumentError if fail == "run" else KeyError
    with pytest.raises(error), kind(hooks=[Diary(notes, fail=fail)]) as sess:
        sess.run(tf.get_default_graph().get_tensor_by_name("weight:0") if fail != "run" else x)
    assert "end" not in notes and notes[:3] == ["begin", "create", "before"]
    assert ("after" in notes) == (fail == "after")
    assert sess.should_stop()


@pytest.mark.parametrize("error", [StopIteration, tf.errors.OutOfRangeError(None, None, "done")])
def test_the_end_of_input_ends_the_block(error):
    counting_model()
    notes = []
    with tf.train.MonitoredSession(hooks=[Diary(notes)]):
        raise error
    assert notes == ["begin", "create", "end"]


def test_training_stops_at_a_step():
    step, weight, train = counting_model()
    runs = 0
    with tf.train.MonitoredTrainingSession(hooks=[tf.train.StopAtStepHook(last_step=5)]) as sess:
        while not sess.should_stop():
            sess.run(train)
            runs += 1
        with pytest.raises(RuntimeError, match="should_stop"):
            sess.run(train)
    assert runs == 5


def test_a_second_session_goes_on_from_the_checkpoint(tmp_path):
    folder = str(tmp_path / "run")

    def train_to(**stop):
        tf.reset_default_graph()
        step, weight, train = counting_model()
        seen = []
        with tf.train.MonitoredTrainingSession(checkpoint_dir=folder, hooks=[tf.train.StopAtStepHook(**stop)], save_checkpoint_steps=2) as sess:
            while not sess.should_stop():
                seen.append(sess.run([step, weight, train])[1])
            final = sess._tf_sess().run([step, weight])
        return len(seen), final

    assert train_to(num_steps=3) == (3, [3, 8.0])
    assert tf.train.latest_checkpoint(folder).endswith("model.ckpt-3")
    saved = tf.train.get_checkpoint_state(folder).all_model_checkpoint_paths
    assert [path.rpartition("-")[2] for path in saved] == ["0", "2", "3"]
    reader = tf.train.NewCheckpointReader(tf.train.latest_checkpoint(folder))
    assert reader.get_tensor("weight") == 8 and reader.get_tensor("global_step") == 3
    assert train_to(num_steps=3) == (3, [6, 1.0])
    assert train_to(last_step=7) == (1, [7, 0.5])
    assert (tmp_path / "run" / "graph.pbtxt").exists()


EVENTS_OF_TENSORFLOW = """
0 file_version, 0 graph_def, 0 meta_graph_def, 0 graph_def, 0 meta_graph_def, 0 session_log 3, 1 session_log 1, 1 summary weight_seen,
2 session_log 3, 3 summary global_step/sec, 4 summary weight_seen, 4 session_log 3, 5 summary global_step/sec, 6 session_log 3,
7 summary global_step/sec, 7 summary weight_seen, 7 session_log 3
"""
"""What TensorFlow 2.21 writes for the program of the test below."""


def test_events_are_those_of_tensorflow(tmp_path):
    step, weight, train = counting_model()
    tf.summary.scalar("weight_seen", weight)
    with tf.train.MonitoredTrainingSession(
        checkpoint_dir=str(tmp_path),
        hooks=[tf.train.StopAtStepHook(7)],
        save_summaries_steps=3,
        log_step_count_steps=2,
        save_checkpoint_steps=2,
    ) as sess:
        while not sess.should_stop():
            sess.run(train)
    tf.summary.FileWriterCache.clear()
    (path,) = glob.glob(str(tmp_path / "events*"))
    rows = []
    for event in tf.train.summary_iterator(path):
        kind = event.WhichOneof("what")
        more = [value.tag for value in event.summary.value] + [str(event.session_log.status)] * (kind == "session_log")
        rows.append(" ".join([str(event.step), kind, *more]))
    assert rows == " ".join(EVENTS_OF_TENSORFLOW.split()).split(", ")
    saved = tf.train.get_checkpoint_state(str(tmp_path)).all_model_checkpoint_paths
    assert [path.rpartition("-")[2] for path in saved] == ["0", "2", "4", "6", "7"]


def test_hooks_add_fetches_and_feeds():
    x = tf.placeholder(tf.float32, [])
    y = tf.placeholder(tf.float32, [])
    both = x + 10 * y

    class Asks(tf.train.SessionRunHook):
        def before_run(self, run_context):
            assert run_context.original_args.fetches is both
            return tf.train.SessionRunArgs({"x": x}, feed_dict={y: 3.0}, options=tf.RunOptions(trace_level=tf.RunOptions.FULL_TRACE))

        def after_run(self, run_context, run_values):
            self.results, self.options = run_values.results, run_values.options
            self.nodes = [n.node_name for d in run_values.run_metadata.step_stats.dev_stats for n in d.node_stats]

    hook = Asks()
    with tf.train.SingularMonitoredSession(hooks=[hook]) as sess:
        assert sess.run(both, {x: 2.0}) == 32
        assert hook.results == {"x": 2.0} and hook.options.trace_level == tf.RunOptions.FULL_TRACE and hook.nodes
        with pytest.raises(RuntimeError, match="fed by a SessionRunHook and user"):
            sess.run(both, {x: 2.0, y: 1.0})
    with tf.train.SingularMonitoredSession(hooks=[tf.train.FeedFnHook(lambda: {x: 1.0, y: 2.0})]) as sess:
        assert sess.run(both) == 21
    with tf.train.SingularMonitoredSession(hooks=[hook, tf.train.FeedFnHook(lambda: {y: 2.0})]) as sess:
        with pytest.raises(RuntimeError, match="fed by two hooks"):
            sess.run(both, {x: 1.0})


@pytest.mark.parametrize("error", [tf.errors.AbortedError, tf.errors.UnavailableError])
def test_a_preempted_session_is_restored(tmp_path, error):
    step, weight, train = counting_model()
    notes = []

    class Preempts(Diary):
        def after_run(self, run_context, run_values):
            self.note("after")
            if self.notes.count("after") == 4:
                raise error(None, None, "preempted")

    hooks = [tf.train.CheckpointSaverHook(str(tmp_path), save_steps=2), Preempts(notes)]
    tf.add_to_collection(tf.GraphKeys.SAVERS, tf.train.Saver())
    creator = tf.train.ChiefSessionCreator(checkpoint_dir=str(tmp_path))
    with tf.train.MonitoredSession(creator, hooks) as sess:
        values = []
        for _ in range(5):
            sess.run(train)
            values.append(tuple(sess._tf_sess().run([step, weight])))
    # The fourth run is lost after its checkpoint: the run that comes instead of it is the fifth.
    assert values == [(1, 32), (2, 16), (3, 8), (5, 2), (6, 1)]
    assert notes.count("create") == 2 and notes.count("begin") == 1 and notes[-1] == "end"
    tf.reset_default_graph()
    counting_model()
    with pytest.raises(error), tf.train.SingularMonitoredSession(hooks=[Preempts(["after"] * 3)]) as sess:
        sess.run(tf.get_default_graph().get_tensor_by_name("weight:0"))


def test_scaffold_initializes_and_checks():
    value = tf.placeholder(tf.float32, [])
    weight = tf.get_variable("weight", initializer=value)
    local = tf.get_local_variable("local", initializer=2.0)
    called = []
    scaffold = tf.train.Scaffold(init_feed_dict={value: 5.0}, init_fn=lambda scaffold, sess: called.append((scaffold, sess.run(weight))))
    with tf.train.MonitoredSession(tf.train.ChiefSessionCreator(scaffold)) as sess:
        assert sess.run([weight, local]) == [5, 2]
    assert called == [(scaffold, 5)]
    assert tf.get_collection(tf.GraphKeys.READY_OP) == [scaffold.ready_op]
    copied = tf.train.Scaffold(copy_from_scaffold=scaffold, init_op=tf.no_op(), init_fn=lambda scaffold, sess: None)
    assert copied.saver is scaffold.saver and copied.init_op is not scaffold.init_op
    with pytest.raises(RuntimeError, match="Variables not initialized: weight"):
        tf.train.MonitoredSession(tf.train.ChiefSessionCreator(copied))
    with pytest.raises(TypeError, match="copy_from_scaffold"):
        tf.train.Scaffold(copy_from_scaffold=1)


def test_nan_losses_stop_training():
    loss = tf.placeholder(tf.float32, [])
    with pytest.raises(tf.train.NanLossDuringTrainingError, match="NaN loss"):
        with tf.train.MonitoredSession(hooks=[tf.train.NanTensorHook(loss)]) as sess:
            sess.run(loss, {loss: 1.0})
            sess.run(loss, {loss: np.nan})
    with tf.train.MonitoredSession(hooks=[tf.train.NanTensorHook(loss, fail_on_nan_loss=False)]) as sess:
        sess.run(loss, {loss: np.nan})
        assert sess.should_stop()


def test_logging_hook_logs_when_due():
    step, weight, train = counting_model()
    lines = []
    hook = tf.train.LoggingTensorHook({"w": "weight"}, every_n_iter=2, at_end=True, formatter=lambda v: lines.append(float(v["w"])) or "")
    final = tf.train.FinalOpsHook([step, weight])
    with tf.train.MonitoredSession(hooks=[hook, final]) as sess:
        for _ in range(3):
            sess.run(train)
    assert len(lines) == 3 and lines[-1] == 8
    assert final.final_ops_values == [3, 8]
    for arguments in ({}, {"every_n_iter": 1, "every_n_secs": 1}, {"every_n_iter": 0}):
        with pytest.raises(ValueError, match="every_n_iter"):
            tf.train.LoggingTensorHook([weight], **arguments)


def test_listeners_surround_each_checkpoint(tmp_path):
    _, _, train = counting_model()
    notes = []

    class Listener(tf.train.CheckpointSaverListener):
        def begin(self):
            notes.append("begin")

        def before_save(self, session, global_step_value):
            notes.append(("before", int(global_step_value), bool(glob.glob(f"{tmp_path}/m-{global_step_value}.index"))))

        def after_save(self, session, global_step_value):
            notes.append(("after", int(global_step_value), bool(glob.glob(f"{tmp_path}/m-{global_step_value}.index"))))
            return global_step_value == 4

        def end(self, session, global_step_value):
            notes.append(("end", int(global_step_value)))

    hook = tf.train.CheckpointSaverHook(str(tmp_path), save_steps=2, saver=tf.train.Saver(), checkpoint_basename="m", listeners=[Listener()])
    with tf.train.MonitoredSession(hooks=[hook]) as sess:
        while not sess.should_stop():
            sess.run(train)
    saves = [(what, n, what == "after") for n in (0, 2, 4) for what in ("before", "after")]
    assert notes == ["begin", *saves, ("end", 4)]


def test_step_functions_choose_what_runs_with_hooks():
    _, weight, train = counting_model()
    notes = []

    def step(step_context):
        before = step_context.session.run(weight)
        step_context.run_with_hooks(train)
        return before, step_context.session.run(weight)

    with tf.train.MonitoredSession(hooks=[Diary(notes)]) as sess:
        assert sess.run_step_fn(step) == (64, 32)
        with pytest.raises(ValueError, match="step_context"):
            sess.run_step_fn(lambda other: None)
        sess.run_step_fn(lambda step_context: step_context.request_stop())
    assert notes == "begin create before after end".split()


def test_the_session_is_at_the_end_of_the_chain():
    counting_model()
    with tf.train.MonitoredTrainingSession() as sess:
        assert type(sess._sess._sess._sess._sess) is tf.Session


def test_timers():
    timer = tf.train.SecondOrStepTimer(every_steps=3)
    due = []
    for step in range(8):
        if timer.should_trigger_for_step(step):
            due.append((step, timer.update_last_triggered_step(step)[1]))
    assert due == [(0, None), (3, 3), (6, 3)] and timer.last_triggered_step() == 6
    timer = tf.train.SecondOrStepTimer(every_secs=1000)
    timer.update_last_triggered_step(1)
    assert not timer.should_trigger_for_step(10**9)
    for arguments in ({}, {"every_secs": 1, "every_steps": 1}):
        with pytest.raises(ValueError, match="every_secs"):
            tf.train.SecondOrStepTimer(**arguments)
        with pytest.raises(ValueError, match="last_step"):
            tf.train.StopAtStepHook(*[1 for _ in arguments])


def test_a_hook_without_a_step_counter_says_so(tmp_path):
    for hook in (tf.train.StopAtStepHook(1), tf.train.StepCounterHook(), tf.train.CheckpointSaverHook(str(tmp_path), save_steps=1)):
        with pytest.raises(RuntimeError, match=f"Global step should be created to use {type(hook).__name__}"):
            tf.train.MonitoredSession(hooks=[hook])


def test_a_waiting_hook_lets_go_at_its_step():
    step, _, train = counting_model()
    hook = tf.train.GlobalStepWaiterHook(2)
    with tf.train.SingularMonitoredSession(hooks=[hook]) as sess:
        raw = sess.raw_session()
        thread = threading.Timer(0.05, lambda: [raw.run(train) for _ in range(2)])
        thread.start()
        assert sess.run(step) == 2
        thread.join()


def test_coordinator_stops_threads_and_raises():
    coord = tf.train.Coordinator()
    rounds = []

    def work():
        rounds.append(1)
        if len(rounds) == 3:
            raise ValueError("third round")

    looper = tf.train.LooperThread.loop(coord, 0.001, work)
    idle = threading.Thread(target=coord.wait_for_stop)
    idle.start()
    with pytest.raises(ValueError, match="third round"):
        coord.join([idle])
    assert coord.joined and coord.should_stop() and not looper.is_alive() and len(rounds) == 3
    with pytest.raises(ValueError, match="third round"):
        coord.raise_requested_exception()
    coord.clear_stop()
    assert not coord.should_stop() and not coord.joined
    with coord.stop_on_exception():
        raise tf.errors.OutOfRangeError(None, None, "clean")
    assert coord.should_stop()
    coord.join()
    with pytest.raises(KeyError):
        coord.request_stop(KeyError("late"))


def test_coordinator_reports_threads_that_do_not_end():
    coord = tf.train.Coordinator()
    release = threading.Event()
    thread = threading.Thread(target=release.wait, name="stubborn", daemon=True)
    thread.start()
    coord.register_thread(thread)
    coord.request_stop()
    with pytest.raises(RuntimeError, match="still running: stubborn"):
        coord.join(stop_grace_period_secs=0.01)
    coord.register_thread(thread)
    coord.join(stop_grace_period_secs=0.01, ignore_live_threads=True)
    release.set()
    thread.join()


def test_an_exception_of_a_thread_ends_a_monitored_session():
    counting_model()
    stop = threading.Event()

    class Threads(tf.train.SessionRunHook):
        def after_create_session(self, session, coord):
            def work():
                with coord.stop_on_exception():
                    raise LookupError("from a thread")

            thread = threading.Thread(target=work)
            thread.start()
            coord.register_thread(thread)
            thread.join()
            stop.set()

    with pytest.raises(LookupError, match="from a thread"), tf.train.MonitoredSession(hooks=[Threads()]) as sess:
        assert stop.wait(5) and sess.should_stop()


def test_session_manager_restores_or_initializes(tmp_path):
    weight = tf.get_variable("weight", initializer=1.0)
    saver, init = tf.train.Saver(), tf.global_variables_initializer()
    manager = tf.train.SessionManager(ready_op=tf.report_uninitialized_variables(), recovery_wait_secs=0.01)
    with pytest.raises(RuntimeError, match="no init_op"):
        manager.prepare_session("")
    sess, loaded = manager.recover_session("", saver=saver, checkpoint_dir=str(tmp_path))
    assert not loaded
    sess = manager.prepare_session("", init_op=init, saver=saver, checkpoint_dir=str(tmp_path))
    assert sess.run(weight) == 1
    sess.run(weight.assign(7.0))
    saver.save(sess, str(tmp_path / "m"))
    assert manager.prepare_session("", init_op=init, saver=saver, checkpoint_dir=str(tmp_path)).run(weight) == 7
    sess, loaded = manager.recover_session("", saver=saver, checkpoint_dir=str(tmp_path))
    assert loaded and sess.run(weight) == 7
    started = time.monotonic()
    with pytest.raises(tf.errors.DeadlineExceededError, match="not ready"):
        manager.wait_for_session("", max_wait_secs=0.03)
    assert time.monotonic() - started < 30


def test_supervisor_restores_saves_and_writes(tmp_path):
    folder = str(tmp_path)

    def written():
        events = [e for path in glob.glob(folder + "/events*") for e in tf.train.summary_iterator(path)]
        return [(v.tag, e.step) for e in events for v in e.summary.value], [e.session_log.status for e in events]

    def train(steps, times):
        tf.reset_default_graph()
        step, weight, update = counting_model()
        tf.summary.scalar("weight_seen", weight)
        supervisor = tf.train.Supervisor(logdir=folder)
        with supervisor.managed_session() as sess:
            first = sess.run(step)
            while not supervisor.should_stop() and sess.run(step) < steps:
                sess.run(update)
            supervisor.summary_computed(sess, sess.run(supervisor.summary_op), global_step=100 + steps)
            # The threads write once when they start, whenever that is.
            deadline = time.monotonic() + 60
            while time.monotonic() < deadline:
                supervisor.summary_writer.flush()
                tags, logs = written()
                automatic = [tag for tag, at in tags if at < 100]
                if min(automatic.count("weight_seen"), automatic.count("global_step/sec"), logs.count(tf.SessionLog.CHECKPOINT)) == times:
                    break
                time.sleep(0.01)
            else:
                pytest.fail("the threads have not written")
            supervisor.saver.save(sess, supervisor.save_path, global_step=step)
        assert supervisor.should_stop()
        return first

    assert train(2, 1) == 0
    assert tf.train.latest_checkpoint(folder).endswith("model.ckpt-2")
    assert train(5, 2) == 2
    reader = tf.train.NewCheckpointReader(tf.train.latest_checkpoint(folder))
    assert reader.get_tensor("weight") == 2 and reader.get_tensor("global_step") == 5
    tags, logs = written()
    assert {("weight_seen", 102), ("weight_seen", 105)} <= set(tags)
    assert {tf.SessionLog.START, tf.SessionLog.CHECKPOINT, tf.SessionLog.STOP} <= set(logs)


def test_supervisor_raises_what_went_wrong():
    _, weight, _ = counting_model()
    supervisor = tf.train.Supervisor()
    with pytest.raises(LookupError, match="in the block"), supervisor.managed_session() as sess:
        assert sess.run(weight) == 64
        raise LookupError("in the block")
    with supervisor.managed_session() as sess:
        raise tf.errors.OutOfRangeError(None, None, "end of input")
    with pytest.raises(RuntimeError, match="summary writer"):
        supervisor.summary_computed(None, b"")
