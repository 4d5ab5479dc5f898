// npm hands SIGTERM to the shell that runs its script, and no shell hands it on: whoever loses the parent was meant by it.
// (`exec` before the script's command would do, but is none for Windows.)
const parent = process.ppid;
const watch = setInterval(() => {
  if (process.ppid === parent) return;
  clearInterval(watch);
  process.kill(process.pid, 'SIGTERM');
}, 200).unref();
