fn main() {
    roachvault::run();
}
