"""What people and automations call: whom they mean, whether they may, and what they are answered.

The actions are registered in `services`, where Home Assistant looks for them. Begin with `targets`, then `access`.
"""
