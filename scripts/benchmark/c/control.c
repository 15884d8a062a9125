/*
 * Control-Clients (RFC 5357 section 3, unauthenticated): sets up test sessions as fast as the Server answers.
 * control PORT AT_ONCE CONNECTIONS ROUNDS SESSIONS AHEAD - makes CONNECTIONS connections, AT_ONCE of them at a time. On
 * each, ROUNDS times over, SESSIONS sessions are requested, started and stopped: AHEAD requests leave together, and the
 * next ones when all of them are answered. Then prints
 *   "seconds S cpu S"
 * It fails when anything is refused, and when nothing is answered for SILENCE_SECONDS.
 */
#include "test-packet.h"

#include <netinet/tcp.h>
#include <sys/epoll.h>

/* RFC 4656 section 3.1, RFC 5357 section 3.5. */
enum {
  GREETING_OCTETS = 64,
  GREETING_MODES = 12,
  SET_UP_RESPONSE_OCTETS = 164,
  SERVER_START_OCTETS = 48,
  SERVER_START_ACCEPT = 15,
  REQUEST_OCTETS = 112,
  REQUEST_SENDER_PORT = 12,
  REQUEST_PADDING = 64,
  REQUEST_TIMEOUT = 76,
  ACCEPT_SESSION_OCTETS = 48,
  START_OCTETS = 32,
  START_ACK_OCTETS = 32,
  STOP_OCTETS = 32,
  STOP_SESSIONS = 4,
  MODE_UNAUTHENTICATED = 1,
  COMMAND_START = 2,
  COMMAND_STOP = 3,
  COMMAND_REQUEST = 5,
};

/* Nobody sends from SENDER_PORT: the sessions are only set up. */
enum { CLIENTS_MAX = 1024, AHEAD_MAX = 64, SENDER_PORT = 9, PADDING_OCTETS = 27, TIMEOUT_SECONDS = 1, SILENCE_SECONDS = 10 };

/* What the client waits for. */
enum step { GREETING, SERVER_START, ACCEPT_SESSION, START_ACK };

static const struct {
  const char *name;
  size_t octets;
  /* Where the octet is that is zero when the Server agrees; none in the greeting. */
  int accept;
} answers[] = {
    [GREETING] = {"Server-Greeting", GREETING_OCTETS, -1},
    [SERVER_START] = {"Server-Start", SERVER_START_OCTETS, SERVER_START_ACCEPT},
    [ACCEPT_SESSION] = {"Accept-Session", ACCEPT_SESSION_OCTETS, 0},
    [START_ACK] = {"Start-Ack", START_ACK_OCTETS, 0},
};

struct client {
  int fd;
  enum step step;
  int rounds, sessions;
  size_t received;
  uint8_t answer[GREETING_OCTETS];
};

static struct sockaddr_in server;
static int epoll, rounds, sessions, ahead;

static void say(struct client *client, const uint8_t *octets, size_t count, enum step next) {
  if (send(client->fd, octets, count, MSG_NOSIGNAL) != (ssize_t)count) fail("send");
  client->step = next;
}

static void request(struct client *client) {
  uint8_t messages[AHEAD_MAX][REQUEST_OCTETS] = {{0}};
  for (int i = 0; i < ahead; i++) {
    messages[i][0] = COMMAND_REQUEST;
    messages[i][1] = 4;
    messages[i][REQUEST_SENDER_PORT + 1] = SENDER_PORT;
    put32(messages[i] + REQUEST_PADDING, PADDING_OCTETS);
    put32(messages[i] + REQUEST_TIMEOUT, TIMEOUT_SECONDS);
  }
  say(client, messages[0], (size_t)ahead * REQUEST_OCTETS, ACCEPT_SESSION);
}

/* Start-Sessions. */
static void start(struct client *client) {
  uint8_t message[START_OCTETS] = {COMMAND_START};
  say(client, message, sizeof message, START_ACK);
}

/* Stop-Sessions, which has no answer. */
static void stop(struct client *client) {
  uint8_t message[STOP_OCTETS] = {COMMAND_STOP};
  put32(message + STOP_SESSIONS, (uint32_t)sessions);
  say(client, message, sizeof message, client->step);
}

static void open_connection(struct client *client) {
  int yes = 1;
  *client = (struct client){.fd = socket(AF_INET, SOCK_STREAM, 0)};
  if (client->fd < 0 || connect(client->fd, (struct sockaddr *)&server, sizeof server) < 0) fail("connect");
  setsockopt(client->fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = client};
  if (epoll_ctl(epoll, EPOLL_CTL_ADD, client->fd, &event) < 0) fail("epoll_ctl");
}

/* Acts on a whole answer. Gives 1 when the connection has done all it was to do. */
static int proceed(struct client *client) {
  static const uint8_t set_up[SET_UP_RESPONSE_OCTETS] = {0, 0, 0, MODE_UNAUTHENTICATED};
  switch (client->step) {
    case GREETING:
      if (!(client->answer[GREETING_MODES + 3] & MODE_UNAUTHENTICATED)) return -1;
      say(client, set_up, sizeof set_up, SERVER_START);
      return 0;
    case SERVER_START:
      request(client);
      return 0;
    case ACCEPT_SESSION:
      client->sessions += 1;
      if (client->sessions == sessions) start(client);
      else if (client->sessions % ahead == 0) request(client);
      return 0;
    case START_ACK:
      stop(client);
      client->sessions = 0;
      client->rounds += 1;
      if (client->rounds == rounds) return 1;
      request(client);
      return 0;
  }
  return -1;
}

/* Reads what has come. Gives 1 when the connection is done. */
static int serve(struct client *client) {
  const char *name = answers[client->step].name;
  size_t octets = answers[client->step].octets;
  int accept = answers[client->step].accept;
  ssize_t count = recv(client->fd, client->answer + client->received, octets - client->received, 0);
  if (count < 0) fail(name);
  client->received += (size_t)count;
  if (count > 0 && client->received < octets) return 0;
  client->received = 0;
  int done = count == 0 || (accept >= 0 && client->answer[accept] != 0) ? -1 : proceed(client);
  if (done >= 0) return done;
  fprintf(stderr, "%s: the server refuses\n", name);
  exit(1);
}

static double cpu_seconds(void) {
  struct timespec used;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  return (double)nanos_of(used) / 1e9;
}

int main(int count, char **words) {
  static struct client clients[CLIENTS_MAX];
  static struct epoll_event events[CLIENTS_MAX];
  if (count != 7) return 2;
  int at_once = atoi(words[2]), connections = atoi(words[3]);
  server = loopback_address(atoi(words[1]));
  rounds = atoi(words[4]);
  sessions = atoi(words[5]);
  ahead = atoi(words[6]);
  if (at_once < 1 || at_once > CLIENTS_MAX || connections < at_once || rounds < 1) return 2;
  if (ahead < 1 || ahead > AHEAD_MAX || sessions < ahead || sessions % ahead != 0) return 2;
  epoll = epoll_create1(0);
  int64_t begin = now_nanos(CLOCK_MONOTONIC);
  int opened = 0, done = 0;
  while (opened < at_once) open_connection(&clients[opened++]);
  while (done < connections) {
    int ready = epoll_wait(epoll, events, CLIENTS_MAX, SILENCE_SECONDS * 1000);
    if (ready == 0) {
      fprintf(stderr, "no answer for %d seconds\n", SILENCE_SECONDS);
      return 1;
    }
    for (int i = 0; i < ready; i++) {
      struct client *client = events[i].data.ptr;
      if (!serve(client)) continue;
      close(client->fd);
      done += 1;
      if (opened < connections) {
        opened += 1;
        open_connection(client);
      }
    }
  }
  printf("seconds %.6f cpu %.6f\n", (double)(now_nanos(CLOCK_MONOTONIC) - begin) / 1e9, cpu_seconds());
  return 0;
}
