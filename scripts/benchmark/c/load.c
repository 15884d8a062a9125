/*
 * The load: keeps packets in flight to one or many reflectors from one socket, and counts the replies.
 * load OCTETS IN_FLIGHT BURST - BURST packets go to one target before it is the next one's turn. Prints "port P"; then
 * answers each line on standard input:
 *   targets P...  where to send, in turn
 *   packets HEX   what to send, round and round, instead of packets that are made as they leave: sealed ones
 *   run SECONDS   prints "sent N received N lost N seconds S cpu S"
 * It has to cost less than any reflector it is held against: the packets of a batch to one target leave as one segmented
 * datagram (UDP_SEGMENT), which the kernel takes apart in front of the reflector's socket; replies come by recvmmsg.
 */
#define _GNU_SOURCE
#include "test-packet.h"

#include <netinet/udp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif

/* DATAGRAM: what a segmented one may hold. */
enum {
  BATCH = 64,
  DATAGRAM_OCTETS_MAX = 65000,
  TARGETS_MAX = 2048,
  REPLY_MILLIS_MAX = 200,
  LINE_OCTETS_MAX = 65536,
};

static struct sockaddr_in targets[TARGETS_MAX];
static uint32_t sequences[TARGETS_MAX];
static int target_count;
static uint8_t given[LINE_OCTETS_MAX / 2];
static uint32_t given_count;
static uint8_t replies[BATCH][PACKET_OCTETS_MAX];
static struct iovec in_parts[BATCH];
static struct mmsghdr in[BATCH];

static int receive(int fd, int flags) { return recvmmsg(fd, in, BATCH, flags, NULL); }

static void make(uint8_t *packet, size_t octets, uint32_t sequence, struct timespec stamp) {
  memset(packet, 0, octets < REFLECTOR_OCTETS ? octets : REFLECTOR_OCTETS);
  put32(packet + SEQUENCE, sequence);
  put_ntp(packet + TIMESTAMP, stamp);
  packet[ERROR_ESTIMATE + 1] = 1;
}

/* Sends up to `count` packets to one target; gives how many left. */
static int burst(int fd, size_t octets, int target, int count) {
  static uint8_t packets[DATAGRAM_OCTETS_MAX];
  struct timespec stamp;
  if ((size_t)count * octets > sizeof packets) count = (int)(sizeof packets / octets);
  clock_gettime(CLOCK_REALTIME, &stamp);
  for (int i = 0; i < count; i++) {
    uint8_t *packet = packets + (size_t)i * octets;
    uint32_t sequence = sequences[target]++;
    if (given_count > 0) memcpy(packet, given + sequence % given_count * octets, octets);
    else make(packet, octets, sequence, stamp);
  }
  ssize_t sent = sendto(fd, packets, (size_t)count * octets, 0, (struct sockaddr *)&targets[target], sizeof targets[0]);
  if (sent < 0) fail("sendto");
  return count;
}

static double cpu_seconds(void) {
  struct timespec used;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  return (double)nanos_of(used) / 1e9;
}

static void run(int fd, size_t octets, int in_flight, int burst_max, double seconds) {
  while (receive(fd, MSG_DONTWAIT) > 0) continue;
  int64_t begin = now_nanos(CLOCK_MONOTONIC), end = begin + (int64_t)(seconds * NANOS_PER_SECOND), now = begin;
  double cpu = cpu_seconds();
  long sent = 0, received = 0, lost = 0;
  int outstanding = 0, next = 0;
  while (now < end || outstanding > 0) {
    while (now < end && outstanding < in_flight) {
      int missing = in_flight - outstanding;
      int left = burst(fd, octets, next, missing < burst_max ? missing : burst_max);
      next = (next + 1) % target_count;
      sent += left;
      outstanding += left;
    }
    int count = receive(fd, MSG_WAITFORONE);
    if (count > 0) {
      received += count;
      outstanding -= count;
    } else {
      lost += outstanding;
      outstanding = 0;
    }
    now = now_nanos(CLOCK_MONOTONIC);
  }
  printf("sent %ld received %ld lost %ld seconds %.6f cpu %.6f\n", sent, received, lost, (double)(now - begin) / 1e9,
         cpu_seconds() - cpu);
  fflush(stdout);
}

static void take_targets(void) {
  target_count = 0;
  for (char *word; (word = strtok(NULL, " \n")) != NULL && target_count < TARGETS_MAX;)
    targets[target_count++] = loopback_address(atoi(word));
  printf("targets %d\n", target_count);
  fflush(stdout);
}

static void take_packets(size_t octets) {
  const char *hex = strtok(NULL, " \n");
  size_t size = 0;
  while (hex != NULL && sscanf(hex + 2 * size, "%2hhx", &given[size]) == 1) size++;
  given_count = (uint32_t)(size / octets);
  printf("packets %u\n", given_count);
  fflush(stdout);
}

int main(int count, char **words) {
  if (count != 4) return 2;
  int octets = atoi(words[1]), in_flight = atoi(words[2]), burst_max = atoi(words[3]);
  if (octets < SENDER_OCTETS || octets > PACKET_OCTETS_MAX || in_flight < 1 || in_flight > BATCH || burst_max < 1)
    return 2;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  int port, fd = loopback_socket(&port);
  struct timeval wait = {.tv_usec = REPLY_MILLIS_MAX * 1000};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
  if (setsockopt(fd, IPPROTO_UDP, UDP_SEGMENT, &octets, sizeof octets) < 0) fail("UDP_SEGMENT");
  for (int i = 0; i < BATCH; i++) {
    in_parts[i] = (struct iovec){replies[i], PACKET_OCTETS_MAX};
    in[i].msg_hdr = (struct msghdr){.msg_iov = &in_parts[i], .msg_iovlen = 1};
  }
  printf("port %d\n", port);
  fflush(stdout);
  static char line[LINE_OCTETS_MAX];
  while (fgets(line, sizeof line, stdin) != NULL) {
    char *word = strtok(line, " \n");
    if (word == NULL) continue;
    if (strcmp(word, "run") == 0 && target_count > 0) {
      char *seconds = strtok(NULL, " \n");
      run(fd, (size_t)octets, in_flight, burst_max, seconds == NULL ? 1 : atof(seconds));
    } else if (strcmp(word, "packets") == 0) {
      take_packets((size_t)octets);
    } else {
      take_targets();
    }
  }
  return 0;
}
