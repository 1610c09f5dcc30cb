"""Runs a command on a terminal of its own, as its session's leader, and types answers: the tests' user.

on-terminal.py ANSWERS COMMAND...   ANSWERS is JSON: a list of [what to wait for in the output, what to type then].
Its output is JSON: exit code, what showed on the terminal, and whether the terminal echoes again at the end.
"""
import json, os, pty, select, signal, sys, termios, time

answers = json.loads(sys.argv[1])
pid, fd = pty.fork()
if pid == 0:
    # As under Git: neither end of the conversation is the terminal, only /dev/tty is.
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.execvp(sys.argv[2], sys.argv[2:])

shown, seen, code = b"", 0, None
limit = time.time() + 60
while time.time() < limit:
    ready, _, _ = select.select([fd], [], [], 0.1)
    if ready:
        try:
            data = os.read(fd, 65536)
        except OSError:
            data = b""
        if not data:
            break
        shown += data
    if answers and answers[0][0].encode() in shown[seen:]:
        seen = shown.index(answers[0][0].encode(), seen) + len(answers[0][0])
        # What is typed before the echo is off would show, as with any prompt.
        time.sleep(0.2)
        os.write(fd, answers.pop(0)[1].encode())
    done, status = os.waitpid(pid, os.WNOHANG)
    if done:
        code = os.waitstatus_to_exitcode(status)
        break
if code is None:
    try:
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0 if time.time() < limit else os.WNOHANG)[1])
    except ChildProcessError:
        code = 255
# What came with the end.
while select.select([fd], [], [], 0.1)[0]:
    try:
        data = os.read(fd, 65536)
    except OSError:
        break
    if not data:
        break
    shown += data
try:
    echoes = bool(termios.tcgetattr(fd)[3] & termios.ECHO)
except termios.error:
    echoes = None
if time.time() >= limit:
    os.kill(pid, signal.SIGKILL)
    code = "hangs"
print(json.dumps({"code": code, "shown": shown.decode("utf-8", "replace"), "echoes": echoes, "left": answers}))
