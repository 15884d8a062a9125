/*
 * A Session-Reflector and nothing else, as plain C does it: what others are measured against.
 * reflector single|batched SOCKETS - prints "ports P...", reflects until its standard input is closed or it is killed.
 */
#define _GNU_SOURCE
#include "test-packet.h"

#include <errno.h>
#include <stdbool.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <signal.h>

enum { BATCH = 64, SOCKETS_MAX = 1024 };

static uint32_t sequences[SOCKETS_MAX];

/* Turns the packet into its reply in place, all but T3; gives the reply's length, 0 for none. */
static size_t reflect(uint8_t *packet, size_t octets, int session, struct timespec received) {
  if (octets < SENDER_OCTETS) return 0;
  size_t reply_octets = octets < REFLECTOR_OCTETS ? REFLECTOR_OCTETS : octets;
  uint8_t sender[SENDER_OCTETS];
  memcpy(sender, packet, SENDER_OCTETS);
  if (octets < REFLECTOR_OCTETS) memset(packet + octets, 0, REFLECTOR_OCTETS - octets);
  memmove(packet + REFLECTOR_OCTETS, packet + SENDER_OCTETS, reply_octets - REFLECTOR_OCTETS);
  put32(packet + SEQUENCE, sequences[session]++);
  packet[ERROR_ESTIMATE] = 0;
  packet[ERROR_ESTIMATE + 1] = 1;
  packet[14] = packet[15] = 0;
  put_ntp(packet + RECEIVE_TIMESTAMP, received);
  memcpy(packet + SENDER_SEQUENCE, sender, SENDER_OCTETS);
  packet[38] = packet[39] = 0;
  packet[SENDER_TTL] = 255;
  return reply_octets;
}

/* One packet; false when there was none. */
static bool serve_single(int fd, int session, int flags) {
  static uint8_t packet[PACKET_OCTETS_MAX];
  struct sockaddr_in from;
  socklen_t size = sizeof from;
  struct timespec now;
  ssize_t octets = recvfrom(fd, packet, sizeof packet, flags, (struct sockaddr *)&from, &size);
  if (octets < 0) return false;
  clock_gettime(CLOCK_REALTIME, &now);
  size_t reply = reflect(packet, (size_t)octets, session, now);
  if (reply == 0) return true;
  clock_gettime(CLOCK_REALTIME, &now);
  put_ntp(packet + TIMESTAMP, now);
  sendto(fd, packet, reply, 0, (struct sockaddr *)&from, size);
  return true;
}

/* What waits, 64 packets at the most; false when there was less. */
static bool serve_batch(int fd, int session, int flags) {
  static uint8_t packets[BATCH][PACKET_OCTETS_MAX];
  static struct sockaddr_in from[BATCH];
  static struct iovec parts[BATCH];
  static struct mmsghdr messages[BATCH];
  for (int i = 0; i < BATCH; i++) {
    parts[i] = (struct iovec){packets[i], PACKET_OCTETS_MAX};
    messages[i].msg_hdr = (struct msghdr){
        .msg_name = &from[i], .msg_namelen = sizeof from[i], .msg_iov = &parts[i], .msg_iovlen = 1};
  }
  int count = recvmmsg(fd, messages, BATCH, flags | MSG_WAITFORONE, NULL);
  if (count <= 0) return false;
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  int replies = 0;
  for (int i = 0; i < count; i++) {
    size_t reply = reflect(packets[i], messages[i].msg_len, session, now);
    if (reply == 0) continue;
    parts[i].iov_len = reply;
    messages[replies++] = messages[i];
  }
  clock_gettime(CLOCK_REALTIME, &now);
  for (int i = 0; i < replies; i++) put_ntp((uint8_t *)messages[i].msg_hdr.msg_iov->iov_base + TIMESTAMP, now);
  for (int sent = 0; sent < replies;) {
    int more = sendmmsg(fd, messages + sent, (unsigned)(replies - sent), 0);
    sent += more > 0 ? more : 1;
  }
  return count == BATCH;
}

int main(int count, char **words) {
  if (count != 3) return 2;
  bool (*serve)(int, int, int) = strcmp(words[1], "batched") == 0 ? serve_batch : serve_single;
  int sockets = atoi(words[2]);
  if (sockets < 1 || sockets > SOCKETS_MAX) return 2;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  int fds[SOCKETS_MAX];
  printf("ports");
  for (int i = 0; i < sockets; i++) {
    int port;
    fds[i] = loopback_socket(&port);
    printf(" %d", port);
  }
  printf("\n");
  fflush(stdout);
  if (sockets == 1)
    for (;;) serve(fds[0], 0, 0);
  int epoll = epoll_create1(0);
  for (int i = 0; i < sockets; i++) {
    struct epoll_event event = {.events = EPOLLIN, .data.u32 = (uint32_t)i};
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, fds[i], &event) < 0) fail("epoll_ctl");
  }
  for (;;) {
    struct epoll_event events[BATCH];
    int ready = epoll_wait(epoll, events, BATCH, -1);
    for (int i = 0; i < ready; i++) {
      int session = (int)events[i].data.u32;
      while (serve(fds[session], session, MSG_DONTWAIT)) continue;
    }
  }
}
