// Binary trees of allocated nodes: built, rotated by insertion, walked, freed.
#include "kernel.h"

struct node { struct node *left, *right; uint32_t key, priority; };

static struct node *rotate_right(struct node *n) {
    struct node *l = n->left;
    n->left = l->right;
    l->right = n;
    return l;
}

static struct node *rotate_left(struct node *n) {
    struct node *r = n->right;
    n->right = r->left;
    r->left = n;
    return r;
}

static NOINLINE struct node *insert(struct node *n, uint32_t key) {
    if (!n) {
        n = malloc(sizeof *n);
        *n = (struct node){NULL, NULL, key, random32()};
    } else if (key < n->key) {
        n->left = insert(n->left, key);
        if (n->left->priority > n->priority) n = rotate_right(n);
    } else if (key > n->key) {
        n->right = insert(n->right, key);
        if (n->right->priority > n->priority) n = rotate_left(n);
    }
    return n;
}

static NOINLINE uint64_t walk(const struct node *n, uint32_t depth) {
    if (!n) return depth;
    return walk(n->left, depth + 1) * 31 + n->key + walk(n->right, depth + 1);
}

static NOINLINE void release(struct node *n) {
    if (!n) return;
    release(n->left);
    release(n->right);
    free(n);
}

int main(void) {
    uint64_t checksum = 0;
    for (int round = 0; round < 120; round++) {
        struct node *root = NULL;
        for (int i = 0; i < 20000; i++) root = insert(root, random32() % 50000);
        for (int i = 0; i < 4; i++) checksum = checksum * 7 + walk(root, 0);
        release(root);
    }
    return report(checksum);
}
