/*
 * A capture of UDP packets on one interface with the kernel's stamps: the wire's own account of a measurement.
 * capture INTERFACE PORT-FIRST PORT-LAST - prints "capturing"; when its standard input is closed, prints a line
 * "out|in SOURCE-PORT DESTINATION-PORT NANOS HEX-OF-41-OCTETS" a packet, then "end DROPS".
 */
#define _GNU_SOURCE
#include "test-packet.h"

#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/prctl.h>

struct record {
  int64_t nanos;
  uint16_t source, destination;
  uint8_t out;
  uint8_t octets[REFLECTOR_OCTETS];
};

static struct record *records;
static size_t record_count, record_room;

static int64_t stamp_of(struct msghdr *message) {
  for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c != NULL; c = CMSG_NXTHDR(message, c)) {
    if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_TIMESTAMPNS) continue;
    struct timespec stamp;
    memcpy(&stamp, CMSG_DATA(c), sizeof stamp);
    return nanos_of(stamp);
  }
  return 0;
}

static void note(const uint8_t *packet, size_t octets, bool out, int64_t nanos, int first, int last) {
  size_t header = (size_t)(packet[0] & 15) * 4;
  if (octets < header + 8 || packet[0] >> 4 != 4 || packet[9] != IPPROTO_UDP) return;
  const uint8_t *udp = packet + header;
  uint16_t source = (uint16_t)(udp[0] << 8 | udp[1]), destination = (uint16_t)(udp[2] << 8 | udp[3]);
  if ((source < first || source > last) && (destination < first || destination > last)) return;
  if (record_count == record_room) {
    record_room = record_room == 0 ? 1 << 16 : record_room * 2;
    records = realloc(records, record_room * sizeof *records);
    if (records == NULL) fail("realloc");
  }
  struct record *record = &records[record_count++];
  *record = (struct record){.nanos = nanos, .source = source, .destination = destination, .out = out};
  size_t payload = octets - header - 8;
  memcpy(record->octets, udp + 8, payload < REFLECTOR_OCTETS ? payload : REFLECTOR_OCTETS);
}

int main(int count, char **words) {
  if (count != 4) return 2;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  int first = atoi(words[2]), last = atoi(words[3]);
  int fd = socket(AF_PACKET, SOCK_DGRAM, 0);
  if (fd < 0) fail("socket");
  int on = 1, room = 64 << 20;
  setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
  setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room);
  struct sockaddr_ll at = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL)};
  at.sll_ifindex = (int)if_nametoindex(words[1]);
  if (at.sll_ifindex == 0 || bind(fd, (struct sockaddr *)&at, sizeof at) < 0) fail(words[1]);
  /* On the loopback device a packet that leaves arrives too: it is noted once. */
  bool loopback = strcmp(words[1], "lo") == 0;
  printf("capturing\n");
  fflush(stdout);
  struct pollfd ready[2] = {{.fd = fd, .events = POLLIN}, {.fd = 0, .events = POLLIN | POLLHUP}};
  while (ready[1].revents == 0) {
    poll(ready, 2, -1);
    for (;;) {
      uint8_t packet[256];
      char control[256];
      struct sockaddr_ll from;
      struct iovec part = {packet, sizeof packet};
      struct msghdr message = {.msg_name = &from, .msg_namelen = sizeof from, .msg_iov = &part, .msg_iovlen = 1,
                               .msg_control = control, .msg_controllen = sizeof control};
      ssize_t octets = recvmsg(fd, &message, MSG_DONTWAIT);
      if (octets < 0) break;
      bool out = from.sll_pkttype == PACKET_OUTGOING;
      if (from.sll_protocol == htons(ETH_P_IP) && (out || !loopback))
        note(packet, (size_t)octets, out, stamp_of(&message), first, last);
    }
  }
  struct tpacket_stats statistics = {0};
  socklen_t size = sizeof statistics;
  getsockopt(fd, SOL_PACKET, PACKET_STATISTICS, &statistics, &size);
  for (size_t i = 0; i < record_count; i++) {
    struct record *record = &records[i];
    printf("%s %u %u %lld ", record->out ? "out" : "in", record->source, record->destination, (long long)record->nanos);
    for (int j = 0; j < REFLECTOR_OCTETS; j++) printf("%02x", record->octets[j]);
    printf("\n");
  }
  printf("end %u\n", statistics.tp_drops);
  return 0;
}
