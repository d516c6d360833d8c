/* Functions of PostgreSQL that components compute. Each backend has an instance of each, made at the first call and freed when the backend
 * ends. A trap is an error of the statement, and ends the instance: the next call makes another. */
#include "postgres.h"

#include <signal.h>

#include "fmgr.h"
#include "libpq/pqsignal.h"
#include "miscadmin.h"
#include "storage/ipc.h"
#include "utils/builtins.h"

#include "percent.h"
#include "process_data.h"

PG_MODULE_MAGIC;

/* Milliseconds that a call may take, whatever `statement_timeout` says. PostgreSQL blocks SIGURG, and calls with a limit let it through, so
 * that they can be interrupted. */
#define CALL_MILLISECONDS 60000

static process_data_instance_t *volatile process_data_instance;
static percent_instance_t *volatile percent_instance;
static pqsigfunc cancel_before, end_before;

/* A statement is cancelled, runs into its timeout, or the backend has to end: so does the guest that runs. PostgreSQL's own handler notes
 * the reason, of which CHECK_FOR_INTERRUPTS makes an error afterwards. */
static void interrupt(SIGNAL_ARGS) {
  int saved = errno;
  process_data_interrupt(process_data_instance);
  percent_interrupt(percent_instance);
  errno = saved;
  (postgres_signal_arg == SIGINT ? cancel_before : end_before)(postgres_signal_arg);
}

/* Lets all handlers of the process run on the alternate stack. Otherwise they would run on the guest's, which may be used up. */
static void move_handlers(void) {
  struct sigaction action;
  for (int number = 1; number < NSIG; number++) {
    if (sigaction(number, NULL, &action) || action.sa_handler == SIG_DFL || action.sa_handler == SIG_IGN) continue;
    action.sa_flags |= SA_ONSTACK;
    sigaction(number, &action, NULL);
  }
}

static void free_instances(int code, Datum unused) {
  process_data_instance_t *process_data = process_data_instance;
  percent_instance_t *percent = percent_instance;
  process_data_instance = NULL;
  percent_instance = NULL;
  process_data_free(process_data);
  percent_free(percent);
}

/* What a backend does at its first call. The library may have been loaded before, in the process from which backends are forked. */
static void prepare(void) {
  static bool done;
  if (done) return;
  cancel_before = pqsignal(SIGINT, interrupt);
  end_before = pqsignal(SIGTERM, interrupt);
  move_handlers();
  on_proc_exit(free_instances, 0);
  done = true;
}

/* Makes an error of a text of a library's, which is freed. */
static void fail_to_create(char *error, void (*free_error)(char *)) {
  char *copy = pstrdup(error);
  free_error(error);
  ereport(ERROR, (errcode(ERRCODE_EXTERNAL_ROUTINE_EXCEPTION), errmsg("%s", copy)));
}

/* Makes an error of a call that failed, with the text of the trap if there was one. Its last line says what happened, and the lines before
 * where. No frame of a guest is on the stack any more. */
static void fail(bool is_argument, const char *text) {
  const char *last = text ? strrchr(text, '\n') : NULL;
  CHECK_FOR_INTERRUPTS();
  if (is_argument) ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("the argument isn't UTF-8")));
  if (!text) ereport(ERROR, (errcode(ERRCODE_OUT_OF_MEMORY), errmsg("no memory for a call of a component")));
  ereport(ERROR, (errcode(ERRCODE_EXTERNAL_ROUTINE_EXCEPTION), errmsg("%s", last ? last + 1 : text), errdetail_internal("%s", text)));
}

/* The instance for a call, made if there is none or it has ended. */
static process_data_instance_t *process_data_ready(void) {
  process_data_options_t options = {.size = sizeof options, .timeout = CALL_MILLISECONDS, .max_memory = 64 << 20};
  process_data_instance_t *ended = process_data_instance;
  char *error;
  prepare();
  if (ended && process_data_error(ended)) {
    process_data_instance = NULL;
    process_data_free(ended);
  }
  if (!process_data_instance && !(process_data_instance = process_data_new(&options, NULL, &error)))
    fail_to_create(error, process_data_error_free);
  CHECK_FOR_INTERRUPTS();
  return process_data_instance;
}

PG_FUNCTION_INFO_V1(process_data);
Datum process_data(PG_FUNCTION_ARGS) {
  text *argument = PG_GETARG_TEXT_PP(0), *volatile result;
  process_data_string_t input = {(uint8_t *)VARDATA_ANY(argument), VARSIZE_ANY_EXHDR(argument)}, ret;
  process_data_instance_t *instance = process_data_ready();
  process_data_status_t status = process_data_process_data(instance, &input, &ret);
  if (status != PROCESS_DATA_OK) fail(status == PROCESS_DATA_ARGUMENT, process_data_error(instance));
  PG_TRY();
  { result = cstring_to_text_with_len((char *)ret.ptr, ret.len); }
  PG_FINALLY();
  { process_data_string_free(&ret); }
  PG_END_TRY();
  PG_RETURN_TEXT_P(result);
}

static percent_instance_t *percent_ready(void) {
  percent_options_t options = {.size = sizeof options, .timeout = CALL_MILLISECONDS};
  percent_instance_t *ended = percent_instance;
  char *error;
  prepare();
  if (ended && percent_error(ended)) {
    percent_instance = NULL;
    percent_free(ended);
  }
  if (!percent_instance && !(percent_instance = percent_new(&options, NULL, &error)))
    fail_to_create(error, percent_error_free);
  CHECK_FOR_INTERRUPTS();
  return percent_instance;
}

PG_FUNCTION_INFO_V1(percent);
Datum percent(PG_FUNCTION_ARGS) {
  percent_instance_t *instance = percent_ready();
  int64_t ret;
  if (percent_percent(instance, PG_GETARG_INT64(0), PG_GETARG_INT64(1), &ret) != PERCENT_OK)
    fail(false, percent_error(instance));
  PG_RETURN_INT64(ret);
}
