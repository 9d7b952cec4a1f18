-- What is counted of open tasks at every change, so that no task has to be read for it.
CREATE INDEX task_figures ON task (due, due_time, amount, currency, optional, action, assignees)
 WHERE status = 'open';
