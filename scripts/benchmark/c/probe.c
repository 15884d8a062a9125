/*
 * How far a reflector's stamps are from the wire: sends at a rate and compares T2 and T3 with the kernel's own stamps of
 * the same packets, taken as they pass the loopback device. One machine, one clock.
 * probe PPS COUNT OCTETS - prints "port P"; for a line "target P" prints a line "SEQUENCE T2-ERROR T3-ERROR" (ns) a reply,
 * then "end SENT RECEIVED".
 */
#define _GNU_SOURCE
#include "test-packet.h"

#include <linux/errqueue.h>
#include <linux/net_tstamp.h>
#include <signal.h>
#include <sys/prctl.h>

enum { REPLY_MILLIS_MAX = 100 };

/* Wall nanoseconds of the stamp that came with a message; 0 if there was none. */
static int64_t stamp_of(struct msghdr *message) {
  for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c != NULL; c = CMSG_NXTHDR(message, c)) {
    if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_TIMESTAMPING) continue;
    struct scm_timestamping stamps;
    memcpy(&stamps, CMSG_DATA(c), sizeof stamps);
    return nanos_of(stamps.ts[0]);
  }
  return 0;
}

static ssize_t receive(int fd, uint8_t *packet, int64_t *stamp, int flags) {
  char control[512];
  struct iovec part = {packet, PACKET_OCTETS_MAX};
  struct msghdr message = {
      .msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
  ssize_t octets = recvmsg(fd, &message, flags | MSG_DONTWAIT);
  if (octets >= 0) *stamp = stamp_of(&message);
  return octets;
}

/* The instants of all packets sent and replies received until now; a reply is of no use without both. */
static int collect(int fd, int64_t *sent_stamps, long sent) {
  uint8_t packet[PACKET_OCTETS_MAX];
  int64_t stamp;
  int replies = 0;
  /* Copies of what was sent come back with their stamps, behind the headers of lower layers. */
  while (receive(fd, packet, &stamp, MSG_ERRQUEUE) >= 0) {
    static long next;
    if (stamp != 0 && next < sent) sent_stamps[next++] = stamp;
  }
  while (receive(fd, packet, &stamp, 0) >= REFLECTOR_OCTETS) {
    uint32_t sequence = get32(packet + SENDER_SEQUENCE);
    replies++;
    if (sequence >= (uint32_t)sent || sent_stamps[sequence] == 0) continue;
    printf("%u %lld %lld\n", sequence, (long long)(get_ntp(packet + RECEIVE_TIMESTAMP) - sent_stamps[sequence]),
           (long long)(stamp - get_ntp(packet + TIMESTAMP)));
  }
  return replies;
}

int main(int count, char **words) {
  if (count != 4) return 2;
  long pps = atol(words[1]), packets = atol(words[2]), octets = atol(words[3]);
  if (pps < 1 || packets < 1 || octets < SENDER_OCTETS || octets > PACKET_OCTETS_MAX) return 2;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  prctl(PR_SET_TIMERSLACK, 1);
  int port, target, fd = loopback_socket(&port);
  int wanted = SOF_TIMESTAMPING_TX_SOFTWARE | SOF_TIMESTAMPING_RX_SOFTWARE | SOF_TIMESTAMPING_SOFTWARE |
               SOF_TIMESTAMPING_OPT_TSONLY;
  if (setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPING, &wanted, sizeof wanted) < 0) fail("SO_TIMESTAMPING");
  printf("port %d\n", port);
  fflush(stdout);
  if (scanf(" target %d", &target) != 1) return 2;
  struct sockaddr_in to = loopback_address(target);
  if (connect(fd, (struct sockaddr *)&to, sizeof to) < 0) fail("connect");
  int64_t *sent_stamps = calloc((size_t)packets, sizeof *sent_stamps);
  int64_t begin = now_nanos(CLOCK_MONOTONIC) + NANOS_PER_SECOND / 100;
  long received = 0;
  for (long sent = 0; sent < packets;) {
    int64_t due = begin + sent * NANOS_PER_SECOND / pps;
    struct timespec at = {.tv_sec = due / NANOS_PER_SECOND, .tv_nsec = due % NANOS_PER_SECOND};
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL);
    uint8_t packet[PACKET_OCTETS_MAX] = {0};
    struct timespec now;
    put32(packet + SEQUENCE, (uint32_t)sent);
    packet[ERROR_ESTIMATE + 1] = 1;
    clock_gettime(CLOCK_REALTIME, &now);
    put_ntp(packet + TIMESTAMP, now);
    if (send(fd, packet, (size_t)octets, 0) < 0) continue;
    sent++;
    received += collect(fd, sent_stamps, sent);
  }
  for (int64_t end = now_nanos(CLOCK_MONOTONIC) + REPLY_MILLIS_MAX * 1000000; now_nanos(CLOCK_MONOTONIC) < end;) {
    usleep(1000);
    received += collect(fd, sent_stamps, packets);
  }
  printf("end %ld %ld\n", packets, received);
  return 0;
}
