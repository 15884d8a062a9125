/*
 * A Session-Sender and nothing else, as plain C does it: what the machine lets any sender reach. It sleeps to the
 * absolute instant, stamps, sends; the kernel stamps the replies.
 * sender PPS COUNT OCTETS PORT - prints a line "LATE ROUND-TRIP" (ns) a reply, then "end SENT RECEIVED". LATE is T1 less
 * the instant that was due; ROUND-TRIP is T4 less T1 less the reflector's time, T3 less T2.
 */
#define _GNU_SOURCE
#include "test-packet.h"

#include <signal.h>
#include <sys/prctl.h>

enum { REPLY_MILLIS_MAX = 100 };

struct departure {
  int64_t late, stamp;
};

static ssize_t receive(int fd, uint8_t *packet, int64_t *stamp) {
  char control[256];
  struct iovec part = {packet, PACKET_OCTETS_MAX};
  struct msghdr message = {
      .msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
  ssize_t octets = recvmsg(fd, &message, MSG_DONTWAIT);
  if (octets < 0) return octets;
  for (struct cmsghdr *c = CMSG_FIRSTHDR(&message); c != NULL; c = CMSG_NXTHDR(&message, c)) {
    if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_TIMESTAMPNS) continue;
    struct timespec received;
    memcpy(&received, CMSG_DATA(c), sizeof received);
    *stamp = nanos_of(received);
  }
  return octets;
}

static int collect(int fd, const struct departure *departures, long sent, int64_t *round_trips) {
  uint8_t packet[PACKET_OCTETS_MAX];
  int64_t stamp = 0;
  int replies = 0;
  while (receive(fd, packet, &stamp) >= REFLECTOR_OCTETS) {
    uint32_t sequence = get32(packet + SENDER_SEQUENCE);
    if (sequence >= (uint32_t)sent) continue;
    int64_t reflecting = get_ntp(packet + TIMESTAMP) - get_ntp(packet + RECEIVE_TIMESTAMP);
    round_trips[sequence] = stamp - departures[sequence].stamp - reflecting;
    replies++;
  }
  return replies;
}

int main(int count, char **words) {
  if (count != 5) return 2;
  long pps = atol(words[1]), packets = atol(words[2]), octets = atol(words[3]);
  if (pps < 1 || packets < 1 || octets < SENDER_OCTETS || octets > PACKET_OCTETS_MAX) return 2;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  prctl(PR_SET_TIMERSLACK, 1);
  int port, on = 1, fd = loopback_socket(&port);
  if (setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on) < 0) fail("SO_TIMESTAMPNS");
  struct sockaddr_in to = loopback_address(atoi(words[4]));
  if (connect(fd, (struct sockaddr *)&to, sizeof to) < 0) fail("connect");
  struct departure *departures = calloc((size_t)packets, sizeof *departures);
  int64_t *round_trips = calloc((size_t)packets, sizeof *round_trips);
  int64_t begin = now_nanos(CLOCK_MONOTONIC) + NANOS_PER_SECOND / 100;
  long received = 0;
  for (long sent = 0; sent < packets;) {
    int64_t due = begin + sent * NANOS_PER_SECOND / pps;
    struct timespec at = {.tv_sec = due / NANOS_PER_SECOND, .tv_nsec = due % NANOS_PER_SECOND}, now;
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL);
    uint8_t packet[PACKET_OCTETS_MAX] = {0};
    put32(packet + SEQUENCE, (uint32_t)sent);
    packet[ERROR_ESTIMATE + 1] = 1;
    departures[sent].late = now_nanos(CLOCK_MONOTONIC) - due;
    clock_gettime(CLOCK_REALTIME, &now);
    departures[sent].stamp = nanos_of(now);
    put_ntp(packet + TIMESTAMP, now);
    if (send(fd, packet, (size_t)octets, 0) < 0) continue;
    sent++;
    received += collect(fd, departures, sent, round_trips);
  }
  for (int64_t end = now_nanos(CLOCK_MONOTONIC) + REPLY_MILLIS_MAX * 1000000; now_nanos(CLOCK_MONOTONIC) < end;) {
    usleep(1000);
    received += collect(fd, departures, packets, round_trips);
  }
  for (long each = 0; each < packets; each++)
    if (round_trips[each] != 0) printf("%lld %lld\n", (long long)departures[each].late, (long long)round_trips[each]);
  printf("end %ld %ld\n", packets, received);
  return 0;
}
