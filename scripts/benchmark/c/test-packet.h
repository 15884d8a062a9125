/* What the benchmark's C programs share: the unauthenticated TWAMP-Test packets (RFC 5357 section 4) and time. */
#ifndef TEST_PACKET_H
#define TEST_PACKET_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
  SEQUENCE = 0,
  TIMESTAMP = 4,
  ERROR_ESTIMATE = 12,
  SENDER_OCTETS = 14,
  RECEIVE_TIMESTAMP = 16,
  SENDER_SEQUENCE = 24,
  SENDER_TTL = 40,
  REFLECTOR_OCTETS = 41,
  PACKET_OCTETS_MAX = 2048,
  NANOS_PER_SECOND = 1000000000,
};

#define NTP_UNIX_SECONDS 2208988800u

static inline int64_t nanos_of(struct timespec time) {
  return (int64_t)time.tv_sec * NANOS_PER_SECOND + time.tv_nsec;
}

static inline int64_t now_nanos(clockid_t clock) {
  struct timespec now;
  clock_gettime(clock, &now);
  return nanos_of(now);
}

static inline void put32(uint8_t *at, uint32_t value) {
  value = htonl(value);
  memcpy(at, &value, 4);
}

static inline uint32_t get32(const uint8_t *at) {
  uint32_t value;
  memcpy(&value, at, 4);
  return ntohl(value);
}

static inline void put_ntp(uint8_t *at, struct timespec time) {
  put32(at, (uint32_t)time.tv_sec + NTP_UNIX_SECONDS);
  put32(at + 4, (uint32_t)(((uint64_t)time.tv_nsec << 32) / NANOS_PER_SECOND));
}

static inline int64_t get_ntp(const uint8_t *at) {
  int64_t seconds = (int64_t)get32(at) - NTP_UNIX_SECONDS;
  return seconds * NANOS_PER_SECOND + (int64_t)(((uint64_t)get32(at + 4) * NANOS_PER_SECOND + (1u << 31)) >> 32);
}

static inline void fail(const char *what) {
  perror(what);
  exit(1);
}

/* A UDP socket on a free port of 127.0.0.1, whose number goes to `port`. */
static inline int loopback_socket(int *port) {
  int fd = socket(AF_INET, SOCK_DGRAM, 0);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = sizeof address;
  if (fd < 0 || bind(fd, (struct sockaddr *)&address, size) < 0) fail("bind");
  if (getsockname(fd, (struct sockaddr *)&address, &size) < 0) fail("getsockname");
  int octets = 1 << 20;
  setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &octets, sizeof octets);
  *port = ntohs(address.sin_port);
  return fd;
}

static inline struct sockaddr_in loopback_address(int port) {
  struct sockaddr_in address = {
      .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  return address;
}

#endif
